{#
    Ties activity rows to profiles by the source record that they belong to. Rows of a
    record that no customer model has are left out. The join brings `record_profiles` with
    `profile_id`.

    Arguments
        activities  alias of the relation, with `source_name` and `source_record_id`

    Example
        from {{ ref('stg_webshop__orders') }} as orders
        {{ dbt_consent.join_profiles_by_record('orders') }}
#}
{% macro join_profiles_by_record(activities) -%}
    inner join {{ ref('dbt_consent', 'int_identity__record_profiles') }} as record_profiles
        on
            {{ activities }}.source_name = record_profiles.source_name
            and {{ activities }}.source_record_id = record_profiles.source_record_id
{%- endmacro %}
