{#
    Names the value of an expression inside another one, so that it is written once and
    computed once per row. All that a select list allows: no from clause, no join.

    Arguments
        name   the name, which hides a column of that name inside `body`
        value  SQL expression
        body   SQL expression that uses the name

    Example
        {{ dbt_consent.let('cleaned', 'trim(code)', "cleaned || '-' || cleaned") }}
#}
{% macro let(name, value, body) -%}
    {{ return(adapter.dispatch('let', 'dbt_consent')(name, value, body)) }}
{%- endmacro %}

{# `offset 0` keeps the planner from writing the value out at each use. #}
{% macro default__let(name, value, body) -%}
    (select {{ body }} from (select {{ value }} as {{ name }} offset 0) as {{ name }}_)
{%- endmacro %}

{#
    A join with the distinct values, each computed once. A lambda over a list would do too,
    but compiles its regular expressions anew for every two thousand rows.
#}
{% macro duckdb__let(name, value, body) -%}
    (select {{ body }} from (select {{ value }} as {{ name }}) as {{ name }}_)
{%- endmacro %}

{% macro spark__let(name, value, body) -%}
    transform(array({{ value }}), {{ name }} -> {{ body }})[0]
{%- endmacro %}
