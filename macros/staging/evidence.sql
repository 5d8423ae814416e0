{#
    The evidence of a consent as JSON text: one name per column that proves something,
    such as the form, the version of the policy, the method. Missing values are left out;
    null when all are missing.

    Arguments
        columns  {name in the JSON: SQL expression of type text}

    Example
        {{ dbt_consent.evidence({'form': 'form_url', 'policy': 'policy_version'}) }}
        → '{"form": "https://shop.example.com/account", "policy": "2024-05"}'
#}
{% macro evidence(columns) -%}
    {%- set backslash = dbt_consent.text_literal('\\') -%}
    {%- set escaped_backslash = dbt_consent.text_literal('\\\\') -%}
    {%- set escaped_quote = dbt_consent.text_literal('\\"') -%}
    {%- set parts = [] -%}
    {%- for name, column in columns.items() -%}
        {%- set value = 'replace(replace(' ~ dbt_consent.clean_text(column) ~ ', '
            ~ backslash ~ ', ' ~ escaped_backslash ~ "), '\"', " ~ escaped_quote ~ ')' -%}
        {%- do parts.append(
            "coalesce(', \"" ~ name ~ "\": \"' || " ~ value ~ " || '\"', '')"
        ) -%}
    {%- endfor -%}
    {{ return("'{' || nullif(substring(" ~ parts | join(' || ') ~ " from 3), '') || '}'") }}
{%- endmacro %}
