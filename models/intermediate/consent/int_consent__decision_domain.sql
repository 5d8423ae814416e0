-- Contact point × purpose for which there is something to decide: the profile has an
-- event for the purpose or for one above it, one of its contact points is suppressed,
-- or a country matters. Everything else has the purpose's default, and is not stored.

with reach as (

    select
        purpose as touched_purpose,
        purpose
    from {{ ref('int_consent__purposes') }}

    union

    select
        ancestor as touched_purpose,
        purpose
    from {{ ref('int_consent__purpose_ancestors') }}

),

concerned as (

    select
        touched.profile_id,
        reach.purpose
    from {{ ref('int_consent__profile_purposes') }} as touched
    inner join reach on touched.purpose = reach.touched_purpose

    union

    select
        suppressions.profile_id,
        purposes.purpose
    from {{ ref('int_consent__point_suppressions') }} as suppressions
    cross join {{ ref('int_consent__purposes') }} as purposes

    {% if dbt_consent.is_by_country() %}
    union

    select
        enforcements.profile_id,
        purposes.purpose
    from {{ ref('int_consent__profile_enforcements') }} as enforcements
    inner join {{ ref('int_consent__purposes') }} as purposes
        on purposes.is_by_country
    {% endif %}

)

select
    points.profile_id,
    points.key_type,
    points.key_value,
    concerned.purpose
from concerned
inner join {{ ref('int_consent__purposes') }} as purposes
    on concerned.purpose = purposes.purpose
inner join {{ ref('int_consent__profile_points') }} as points
    on
        concerned.profile_id = points.profile_id
        and (purposes.channel is null or purposes.channel = points.key_type)
