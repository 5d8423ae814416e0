{#
    The further contact points of all records (home, mobile, work phone), as the models of
    `vars: contact_point_models:` give them: a select of source_name, source_record_id,
    key_type and key_value; nothing where there are none. A yes is for a record's own
    contact points, a no for these as well.

    Arguments
        key_types  the kinds that are asked for
#}
{% macro _further_points(key_types) -%}
    {%- set parts = [] -%}
    {%- for model in dbt_consent.setting('contact_point_models') -%}
        {%- do parts.append(
            'select source_name, source_record_id, key_type, key_value from ' ~ ref(model)
            ~ ' where key_value is not null and key_type in ('
            ~ dbt_consent.text_list(key_types) ~ ')'
        ) -%}
    {%- endfor -%}
    {{ return(parts | join(' union all ')) }}
{%- endmacro %}
