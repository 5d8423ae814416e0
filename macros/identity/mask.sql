{#
    A contact point that can be recognised by who knows it and read by nobody else: the
    first character, three asterisks, and what follows the @ or the last two characters.

    Arguments
        column  SQL expression of type text

    Example
        {{ dbt_consent.mask("'frank@contoso.com'") }}   → 'f***@contoso.com'
        {{ dbt_consent.mask("'+31612345678'") }}        → '+***78'
#}
{% macro mask(column) -%}
    case
        when position('@' in {{ column }}) > 0
            then substring({{ column }} from 1 for 1) || '***'
                || substring({{ column }} from position('@' in {{ column }}))
        when length({{ column }}) > 2
            then substring({{ column }} from 1 for 1) || '***'
                || substring({{ column }} from length({{ column }}) - 1)
        when {{ column }} is not null then '***'
    end
{%- endmacro %}
