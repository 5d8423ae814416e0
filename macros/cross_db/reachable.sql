{#
    All pairs of a directed graph of which the second can be reached from the first by one
    edge or more. Gives a whole `select` of two columns, to be used as the body of a CTE.

    Arguments
        edges     a relation, or a CTE of the calling model
        from, to  its columns

    Example
        {{ dbt_consent.reachable('changes', 'old_id', 'new_id') }}
#}
{% macro reachable(edges, from, to) -%}
    {{ return(adapter.dispatch('reachable', 'dbt_consent')(edges, from, to)) }}
{%- endmacro %}

{% macro default__reachable(edges, from, to) -%}
    with recursive walked ({{ from }}, {{ to }}) as (

        select
            {{ from }},
            {{ to }}
        from {{ edges }}

        union

        select
            walked.{{ from }},
            edges.{{ to }}
        from walked
        inner join {{ edges }} as edges on walked.{{ to }} = edges.{{ from }}

    )

    select
        {{ from }},
        {{ to }}
    from walked
{%- endmacro %}
