{#
    The key of a source record as one text that no other record can have.

    Arguments
        source_name       SQL expression of type text
        source_record_id  SQL expression of type text

    Example
        {{ dbt_consent.record_key_text("'crm'", "'17'") }}   → 'crm|17'
#}
{% macro record_key_text(source_name, source_record_id) -%}
    {{ return(
        'replace(replace(' ~ source_name ~ ", '~', '~~'), '|', '~|') || '|' || " ~ source_record_id
    ) }}
{%- endmacro %}
