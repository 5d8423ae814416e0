{#
    The query of a source's freshness: when its data arrived. On DuckDB, which reads the
    demo's files where they lie, that is the file's own time: a ledger to which nobody
    added anything is quiet, not stale, as long as its export still arrives. Elsewhere a
    source is a table, which has no time of its own: the newest row has to do.

    Arguments
        relation  the source, `this` in a `loaded_at_query`
        file      the file's name in the folder CONSENT_DATA, without its suffix
        newest    SQL expression of the time of a row, UTC: a timestamp, or a text that is one
                  in every row (`to_utc` makes one of any text)
#}
{% macro source_loaded_at(relation, file, newest) -%}
    {{ return(adapter.dispatch('source_loaded_at', 'dbt_consent')(relation, file, newest)) }}
{%- endmacro %}

{% macro default__source_loaded_at(relation, file, newest) -%}
    select max(cast({{ newest }} as {{ dbt.type_timestamp() }})) from {{ relation }}
{%- endmacro %}

{% macro duckdb__source_loaded_at(relation, file, newest) -%}
    {%- set files = env_var('CONSENT_DATA', 'data/demo') ~ '/' ~ file ~ '.*' -%}
    select max(last_modified) at time zone 'UTC' from read_blob({{ dbt_consent.text_literal(files) }})
{%- endmacro %}
