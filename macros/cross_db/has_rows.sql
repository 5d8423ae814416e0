{#
    True when a relation holds at least one row; false when parsing, or when it does not
    exist.

    Arguments
        relation   what is asked
        condition  SQL that the row has to satisfy; any row will do without it
#}
{% macro has_rows(relation, condition='true') -%}
    {%- if not execute or load_relation(relation) is none -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return(run_query(
        'select 1 from ' ~ relation ~ ' where ' ~ condition ~ ' limit 1'
    ).rows | length > 0) }}
{%- endmacro %}
