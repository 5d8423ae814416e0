{#
    Looking into a text by code points, without patterns: percent signs and underscores
    stand for themselves. Null where the text is null.

    text_contains(text, part)      both SQL expressions of type text
    text_starts_with(text, part)
    text_ends_with(text, part)
    ascii_lower(text)              A to Z folded, everything else as it is: `lower` asks
    ascii_upper(text)              the database's language, and Turkish has another i
    unless_plain(text, otherwise)  what `otherwise` makes of the text, which must leave plain
                                   texts as they are: those of printable ASCII, not empty
                                   and without spaces around
    trim_spaces(text)              spaces around the text taken off, and nothing else:
                                   engines disagree on what else `trim` takes
#}
{% macro text_contains(text, part) -%}
    {{ return(adapter.dispatch('text_contains', 'dbt_consent')(text, part)) }}
{%- endmacro %}

{% macro default__text_contains(text, part) -%}
    {{ return('position(' ~ part ~ ' in ' ~ text ~ ') > 0') }}
{%- endmacro %}

{% macro duckdb__text_contains(text, part) -%}
    {{ return('contains(' ~ text ~ ', ' ~ part ~ ')') }}
{%- endmacro %}

{% macro text_starts_with(text, part) -%}
    {{ return(adapter.dispatch('text_starts_with', 'dbt_consent')(text, part)) }}
{%- endmacro %}

{% macro default__text_starts_with(text, part) -%}
    {{ return('left(' ~ text ~ ', length(' ~ part ~ ')) = ' ~ part) }}
{%- endmacro %}

{% macro duckdb__text_starts_with(text, part) -%}
    {{ return('starts_with(' ~ text ~ ', ' ~ part ~ ')') }}
{%- endmacro %}

{% macro text_ends_with(text, part) -%}
    {{ return(adapter.dispatch('text_ends_with', 'dbt_consent')(text, part)) }}
{%- endmacro %}

{% macro default__text_ends_with(text, part) -%}
    {{ return('right(' ~ text ~ ', length(' ~ part ~ ')) = ' ~ part) }}
{%- endmacro %}

{% macro duckdb__text_ends_with(text, part) -%}
    {{ return('ends_with(' ~ text ~ ', ' ~ part ~ ')') }}
{%- endmacro %}

{% macro ascii_lower(text) -%}
    {{ return(adapter.dispatch('ascii_lower', 'dbt_consent')(text)) }}
{%- endmacro %}

{% macro default__ascii_lower(text) -%}
    {{ return(
        'translate(' ~ text ~ ", 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
    ) }}
{%- endmacro %}

{% macro duckdb__ascii_lower(text) -%}
    {{ return(dbt_consent._of_ascii(
        text, 'lower(' ~ text ~ ')', dbt_consent.default__ascii_lower(text)
    )) }}
{%- endmacro %}

{% macro ascii_upper(text) -%}
    {{ return(adapter.dispatch('ascii_upper', 'dbt_consent')(text)) }}
{%- endmacro %}

{% macro default__ascii_upper(text) -%}
    {{ return(
        'translate(' ~ text ~ ", 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')"
    ) }}
{%- endmacro %}

{% macro duckdb__ascii_upper(text) -%}
    {{ return(dbt_consent._of_ascii(
        text, 'upper(' ~ text ~ ')', dbt_consent.default__ascii_upper(text)
    )) }}
{%- endmacro %}

{# DuckDB's `translate` reads its lists anew for every row: most texts do not need it. #}
{% macro _of_ascii(text, then, otherwise) -%}
    {{ return(
        'case when strlen(' ~ text ~ ') = length(' ~ text ~ ') then ' ~ then ~ ' else ' ~ otherwise
        ~ ' end'
    ) }}
{%- endmacro %}

{% macro trim_spaces(text) -%}
    {{ return("trim(both ' ' from " ~ text ~ ')') }}
{%- endmacro %}

{% macro unless_plain(text, otherwise) -%}
    {{ return(adapter.dispatch('unless_plain', 'dbt_consent')(text, otherwise)) }}
{%- endmacro %}

{% macro default__unless_plain(text, otherwise) -%}
    {{ return(otherwise) }}
{%- endmacro %}

{# A tenth of the cost of `translate`. #}
{% macro duckdb__unless_plain(text, otherwise) -%}
    {{ return(
        'case when regexp_matches(' ~ text ~ ", '^[!-~](?:[ -~]*[!-~])?$') then " ~ text
        ~ ' else ' ~ otherwise ~ ' end'
    ) }}
{%- endmacro %}
