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

{#
    A contact point as `mask` shows it; null where nothing but the hash of an erased one is
    left, which is 64 hexadecimal digits.

    Arguments
        column  SQL expression of type text
#}
{% macro mask_unless_erased(column) -%}
    case
        when length({{ column }}) = 64 and position('@' in {{ column }}) = 0 then null
        else {{ dbt_consent.mask(column) }}
    end
{%- endmacro %}
