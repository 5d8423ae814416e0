{#
    A day written as text, `YYYY-MM-DD`; a time after it is cut off. Null for everything
    else, a day that the calendar does not have included.

    Arguments
        column  SQL expression of type text

    Example
        {{ dbt_consent.clean_date("'1988-04-12'") }}   → 1988-04-12
        {{ dbt_consent.clean_date("'1988-02-30'") }}   → null
#}
{% macro clean_date(column) -%}
    cast({{ dbt_consent.to_utc('substring(' ~ dbt_consent.trim_spaces(column) ~ ' from 1 for 10)') }} as date)
{%- endmacro %}
