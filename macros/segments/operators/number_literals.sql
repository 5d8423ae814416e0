{#
    A number in SQL that means exactly what is written. Against floating point it is a
    double; against whole numbers and decimals its digits are written out, because an
    exponent would make an engine compare as double.

    Raises no error itself: complains to the reading about NaN, infinity, and numbers with
    more digits than all engines compare exactly.
#}
{% macro _read_number(read, field, operand, at) -%}
    {%- if operand != operand or operand | abs > 1.7976931348623157e308 -%}
        {%- do read.errors.append(at ~ ': ' ~ operand ~ ' is no number that a field could have.') -%}
        {{ return(none) }}
    {%- elif field.is_float -%}
        {{ return({'sql': "cast('" ~ operand ~ "' as " ~ dbt_consent.type_double() ~ ')', 'literal': operand}) }}
    {%- endif -%}
    {{ return(dbt_consent._read_digits(read, dbt_consent._plain_digits(operand | string), operand, at)) }}
{%- endmacro %}

{#
    Digits as they are written, for whole numbers and decimals: those of a decimal column may
    stand in quotes, and so are never a binary fraction on their way.
#}
{% macro _read_digits(read, digits, number, at) -%}
    {%- set parts = digits.lstrip('-').split('.') -%}
    {%- if parts[0] | length > 18 or (parts[1] if parts | length > 1 else '') | length > 18 -%}
        {%- do read.errors.append(at ~ ': the number has more than 18 digits before or after the point.') -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({'sql': digits, 'literal': number}) }}
{%- endmacro %}

{#
    `1.5e-07` as `0.00000015`.
#}
{% macro _plain_digits(text) -%}
    {%- if 'e' not in text -%}
        {{ return(text) }}
    {%- endif -%}
    {%- set sign = '-' if text.startswith('-') else '' -%}
    {%- set mantissa = text.lstrip('-').split('e')[0].split('.') -%}
    {%- set exponent = text.split('e')[1] | int -%}
    {%- set fraction = mantissa[1] if mantissa | length > 1 else '' -%}
    {%- set digits = mantissa[0] ~ fraction -%}
    {%- if exponent < 0 -%}
        {{ return(sign ~ '0.' ~ '0' * (-exponent - 1) ~ digits) }}
    {%- endif -%}
    {{ return(sign ~ digits ~ '0' * (exponent - fraction | length)) }}
{%- endmacro %}
