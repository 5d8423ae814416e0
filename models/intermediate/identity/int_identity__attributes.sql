-- The attributes of each profile: per attribute, or group of attributes, the record
-- that its survivorship policy prefers.
{% set units = dbt_consent.survivorship_units() %}
{% set policies = units | map(attribute='survivorship') | list %}

with records as (

    select
        records.*,
        {% if 'most_recent' in policies %}
        row_number() over (
            partition by record_profiles.profile_id
            order by records.updated_at desc nulls last, records.record_id
        ) as most_recent_rank,
        {% endif %}
        {% if 'oldest' in policies %}
        row_number() over (
            partition by record_profiles.profile_id
            order by records.updated_at asc nulls last, records.record_id
        ) as oldest_rank,
        {% endif %}
        {% for unit in units if unit.survivorship == 'most_frequent' %}
        count(*) over (
            partition by record_profiles.profile_id, {{ unit.members | join(', ') }}
        ) as {{ unit.members[0] }}__frequency,
        {% endfor %}
        record_profiles.profile_id
    from {{ ref('int_identity__records') }} as records
    inner join {{ ref('int_identity__record_profiles') }} as record_profiles
        on records.record_id = record_profiles.record_id

),

survived as (

    select
        profile_id,
        {% for unit in units %}
        {% for member in unit.members %}
        {{ dbt_consent.first_by(
            member,
            dbt_consent.survivorship_rank(unit),
            dbt_consent.survivorship_condition(unit),
        ) }} as {{ member }},
        {% endfor %}
        {% endfor %}
        cast(count(*) as bigint) as record_count,
        max(updated_at) as updated_at
    from records
    group by profile_id

),

first_seen as (

    select
        profile_id,
        min(first_seen_at) as first_seen_at
    from {{ ref('profile_ids') }}
    group by profile_id

)

select
    survived.profile_id,
    {% for name in dbt_consent.profile_attributes() %}
    survived.{{ name }},
    {% endfor %}
    survived.record_count,
    first_seen.first_seen_at,
    survived.updated_at
from survived
inner join first_seen on survived.profile_id = first_seen.profile_id
