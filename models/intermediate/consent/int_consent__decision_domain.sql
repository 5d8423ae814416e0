-- Contact point × purpose for which there is something to decide: the profile has an event
-- for the purpose or for one above it, the contact point is suppressed, or a country
-- matters. Everything else has the purpose's default, and is not stored.

with purposes as (

    select
        purpose,
        channel,
        is_by_country
    from {{ ref('int_consent__purposes') }}

),

reach as (

    select
        purpose as source_purpose,
        purpose
    from purposes

    union

    select
        ancestor as source_purpose,
        purpose
    from {{ ref('int_consent__purpose_ancestors') }}

),

touched as (

    select
        own.profile_id,
        reach.purpose
    from {{ ref('int_consent__profile_purposes') }} as own
    inner join reach on own.purpose = reach.source_purpose
    group by own.profile_id, reach.purpose

),

candidates as (

    select
        points.profile_id,
        points.key_type,
        points.key_value,
        purposes.purpose
    from touched
    inner join purposes on touched.purpose = purposes.purpose
    inner join {{ ref('int_consent__profile_points') }} as points
        on
            touched.profile_id = points.profile_id
            and (purposes.channel is null or purposes.channel = points.key_type)

    union

    select
        points.profile_id,
        points.key_type,
        points.key_value,
        purposes.purpose
    from {{ ref('int_consent__profile_points') }} as points
    inner join {{ ref('int_consent__suppressions') }} as suppressions
        on
            points.key_type = suppressions.key_type
            and points.key_value = suppressions.key_value
    inner join purposes
        on purposes.channel is null or purposes.channel = points.key_type

    {% if dbt_consent.is_by_country() %}
    union

    select
        points.profile_id,
        points.key_type,
        points.key_value,
        purposes.purpose
    from {{ ref('int_consent__profile_points') }} as points
    inner join purposes
        on
            purposes.is_by_country
            and (purposes.channel is null or purposes.channel = points.key_type)
    {% endif %}

)

select * from candidates
