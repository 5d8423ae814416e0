{#
    A country as sources write it: its ISO 3166 alpha-2 code, trimmed and upper-cased; null
    where it is none, such as `Germany` or `DEU`.

    Arguments
        column  SQL expression of type text

    Example
        {{ dbt_consent.country_code("' de '") }}   → 'DE'
#}
{% macro country_code(column) -%}
    {%- set code = dbt_consent.ascii_upper(dbt_consent.clean_text(column)) -%}
    case
        when {{ code }} in ({{ dbt_consent.text_list(dbt_consent.countries().keys()) }})
            then {{ code }}
    end
{%- endmacro %}

{#
    The code that a country which is none most likely meant; null where nothing is near.

    Arguments
        column  SQL expression of type text

    Example
        {{ dbt_consent.nearest_country_code("' uk '") }}   → 'GB'
#}
{% macro nearest_country_code(column) -%}
    case {{ dbt_consent.ascii_upper(dbt_consent.clean_text(column)) }}
        {% for spelling, code in dbt_consent.country_spellings().items() -%}
        when {{ dbt_consent.text_literal(spelling) }} then '{{ code }}'
        {% endfor -%}
    end
{%- endmacro %}
