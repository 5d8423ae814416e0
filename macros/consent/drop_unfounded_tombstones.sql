{#
    Takes out the tombstones that the evidence made and makes no more: it was retracted, or
    means something else by today's mappings. A post-hook of tombstones; those of
    `consent erase`, and whatever was erased, stay.

    Arguments
        tombstones  `this`
#}
{% macro drop_unfounded_tombstones(tombstones) -%}
    {%- if dbt_consent._is_load() %}
    delete from {{ tombstones }}
    where
        made_by = 'evidence'
        and erased_at is null
        and contact_point_hash not in (
            select {{ dbt_consent.contact_point_hash('key_type', 'key_value') }}
            from {{ dbt_consent.model_relation('int_consent__timed_events') }}
            where
                purpose = 'storage'
                and status = 'denied'
            union all
            select {{ dbt_consent.contact_point_hash('key_type', 'key_value') }}
            from {{ dbt_consent.model_relation('int_consent__suppression_denials') }}
            where purpose = 'storage'
        )
    {%- endif %}
{%- endmacro %}
