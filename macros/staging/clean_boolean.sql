{#
    A yes or no as systems write it, as a boolean: true, t, yes, y, ja, j, 1, on and
    false, f, no, n, nee, nein, non, 0, off, without regard to case. Null for everything
    else. For attributes only: what a box says about consent is for map_status and
    unpivot_consents to decide.

    Arguments
        column  SQL expression of type text

    Example
        {{ dbt_consent.clean_boolean("'Ja'") }}   → true
#}
{% macro clean_boolean(column) -%}
    {%- set text = dbt_consent.ascii_lower(dbt_consent.trim_spaces(column)) -%}
    case
        when {{ text }} in ('true', 't', 'yes', 'y', 'ja', 'j', '1', 'on') then true
        when {{ text }} in ('false', 'f', 'no', 'n', 'nee', 'nein', 'non', '0', 'off') then false
    end
{%- endmacro %}
