{#
    Fails for each member of a segment whose contact point is not what the guard allows: a
    permitted one of the guard's purpose where the segment has one, none where it contacts
    nobody.
#}
{% test has_permitted_contact_point(model) %}

{% set guards = dbt_consent.segment_guards() if execute else {} %}

with guarded as (

    select
        members.*,
        case members.segment_name
            {% for segment, purpose in guards.items() %}
            when {{ dbt_consent.text_literal(segment) }}
                then {{ dbt_consent.text_literal(purpose) }}
            {% else %}
            when null then null
            {% endfor %}
        end as purpose
    from {{ model }} as members

)

select guarded.*
from guarded
left join {{ ref('dbt_consent', 'contact_point_permissions') }} as permissions
    on
        guarded.profile_id = permissions.profile_id
        and guarded.key_type = permissions.key_type
        and guarded.key_value = permissions.key_value
        and guarded.purpose = permissions.purpose
where
    (guarded.purpose is null and guarded.key_value is not null)
    or (guarded.purpose is not null and not coalesce(permissions.is_permitted, false))

{% endtest %}
