{#
    What a source wrote, as it wrote it, for the raw columns of the contracts; null where
    nothing can be seen in it.

    Arguments
        column  SQL expression of type text

    Example
        {{ dbt_consent.raw_text("' Opt-in '") }}   → ' Opt-in '
        {{ dbt_consent.raw_text("'   '") }}        → null
#}
{% macro raw_text(column) -%}
    case when {{ dbt_consent.clean_text(column) }} is not null then {{ column }} end
{%- endmacro %}
