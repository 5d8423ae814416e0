{#
    Ties activity rows to profiles by a contact point. A row counts for every profile that
    has the contact point; rows of one that no profile has are left out. The join brings
    `contact_points` with `profile_id`.

    Arguments
        activities  alias of the relation
        key_type    the alternate key, a plain text
        column      the column of the relation with the normalised contact point

    Example
        from {{ ref('stg_mailing__email_events') }} as email_events
        {{ dbt_consent.join_profiles_by_contact_point('email_events', 'email', 'email') }}
#}
{% macro join_profiles_by_contact_point(activities, key_type, column) -%}
    inner join {{ ref('dbt_consent', 'int_identity__contact_points') }} as contact_points
        on
            {{ activities }}.{{ column }} = contact_points.key_value
            and contact_points.key_type = '{{ key_type }}'
{%- endmacro %}
