{#
    True when a relation holds at least one row; false when parsing, or when it does not
    exist.
#}
{% macro has_rows(relation) -%}
    {%- if not execute or load_relation(relation) is none -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return(run_query('select 1 from ' ~ relation ~ ' limit 1').rows | length > 0) }}
{%- endmacro %}
