{#
    A statement that tells the engine how the rows of a new table are distributed, for a
    post-hook of tables. PostgreSQL plans by it, and without it for a table of no size;
    the others look when they have to, and get no statement.

    Arguments
        relation  the model, `this` in a hook
#}
{% macro analyze(relation) -%}
    {{ return(adapter.dispatch('analyze', 'dbt_consent')(relation)) }}
{%- endmacro %}

{% macro default__analyze(relation) -%}
{%- endmacro %}

{% macro postgres__analyze(relation) -%}
    {%- if config.get('materialized') != 'view' -%}
        analyze {{ relation }}
    {%- endif -%}
{%- endmacro %}
