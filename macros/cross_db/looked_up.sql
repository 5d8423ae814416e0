{#
    What a text means by a small table of keys and values: the smallest value of its key,
    null where the key is not there. A scalar expression, for a select list.

    Arguments
        sought  SQL expression of type text
        query   a select of two columns of type text, `lookup_key` and `lookup_value`, that
                names no column of the row around it

    Example
        {{ dbt_consent.looked_up(
            'status', 'select label as lookup_key, meaning as lookup_value from labels'
        ) }}
#}
{% macro looked_up(sought, query) -%}
    {{ return(adapter.dispatch('looked_up', 'dbt_consent')(sought, query)) }}
{%- endmacro %}

{% macro default__looked_up(sought, query) -%}
    (
        select min(lookup.lookup_value)
        from ({{ query }}) as lookup
        where lookup.lookup_key = {{ sought }}
    )
{%- endmacro %}

{# PostgreSQL would read the table again for every row: here it does so once. #}
{% macro postgres__looked_up(sought, query) -%}
    ((
        select jsonb_object_agg(lookup.lookup_key, lookup.lookup_value)
        from (
            select
                lookup_key,
                {{ dbt_consent.min_by_code_point('lookup_value') }} as lookup_value
            from ({{ query }}) as lookup_rows
            where lookup_key is not null
            group by lookup_key
        ) as lookup
    ) ->> {{ sought }})
{%- endmacro %}
