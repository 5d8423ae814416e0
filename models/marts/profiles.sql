-- One row per person: attributes by survivorship, the primary contact point of each
-- kind, and per purpose whether the person's data may be used for it.
{% set attributes = dbt_consent.setting('profile_attributes').keys() | list %}
{% set keys = dbt_consent.alternate_keys() %}
{% set purposes = dbt_consent.purposes().keys() | list %}

with primary_contact_points as (

    select
        {% for key in keys %}
        max(case when key_type = '{{ key }}' then key_value end) as {{ key }},
        {% endfor %}
        profile_id
    from {{ ref('profile_contact_points') }}
    where is_primary
    group by profile_id

),

consents as (

    select
        {% for purpose in purposes %}
        max(case when purpose = '{{ purpose }}' and is_permitted then 1 else 0 end) = 1
            as consent_{{ purpose }},
        {% endfor %}
        profile_id
    from {{ ref('profile_consents') }}
    group by profile_id

)

select
    attributes.profile_id,
    {% for attribute in attributes %}
    attributes.{{ attribute }},
    {% endfor %}
    {% for key in keys %}
    primary_contact_points.{{ key }},
    {% endfor %}
    {% for purpose in purposes %}
    consents.consent_{{ purpose }},
    {% endfor %}
    attributes.record_count,
    attributes.first_seen_at,
    attributes.updated_at
from {{ ref('int_identity__attributes') }} as attributes
inner join consents on attributes.profile_id = consents.profile_id
left join primary_contact_points
    on attributes.profile_id = primary_contact_points.profile_id
