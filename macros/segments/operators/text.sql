{#
    Looking into texts: contains, starts_with, ends_with by code points, for one text or any
    of a list, and matches by a regular expression of the portable subset.
#}
{% macro _read_text_test(read, field, operator, operand, at) -%}
    {%- if operator == 'matches' -%}
        {{ return(dbt_consent._read_matches(read, field, operand, at)) }}
    {%- endif -%}
    {%- set is_list = operand is sequence and operand is not string and operand is not mapping -%}
    {%- set before = read.errors | length -%}
    {%- set tests = [] -%}
    {%- for one in (operand if is_list else [operand]) -%}
        {%- set place = at ~ ('[' ~ loop.index0 ~ ']' if is_list else '') -%}
        {%- if one is not string -%}
            {%- do read.errors.append(place ~ ': ' ~ dbt_consent._wrong_kind(field, one)) -%}
        {%- elif not one -%}
            {%- do read.errors.append(place ~ ': the text is empty, so everything would satisfy it.') -%}
        {%- else -%}
            {%- set value = dbt_consent._read_value(read, none, field, one, place) -%}
            {%- if operator == 'contains' -%}
                {%- do tests.append(dbt_consent.text_contains(field.sql, value.sql)) -%}
            {%- elif operator == 'starts_with' -%}
                {%- do tests.append(dbt_consent.text_starts_with(field.sql, value.sql)) -%}
            {%- else -%}
                {%- do tests.append(dbt_consent.text_ends_with(field.sql, value.sql)) -%}
            {%- endif -%}
        {%- endif -%}
    {%- else -%}
        {%- do read.errors.append(at ~ ': the list is empty; write at least one text.') -%}
    {%- endfor -%}
    {%- if read.errors | length > before -%}
        {{ return('') }}
    {%- endif -%}
    {{ return(tests[0] if tests | length == 1 else '(' ~ tests | join(' or ') ~ ')') }}
{%- endmacro %}

{% macro _read_matches(read, field, operand, at) -%}
    {%- if operand is not string -%}
        {%- do read.errors.append(at ~ ': ' ~ dbt_consent._wrong_kind(field, operand)) -%}
    {%- elif not operand -%}
        {%- do read.errors.append(at ~ ': the text is empty, so everything would satisfy it.') -%}
    {%- else -%}
        {%- set pattern = dbt_consent._read_pattern(read, operand, at) -%}
        {%- if pattern -%}
            {{ return(dbt_consent.matches(field.sql, pattern) | trim) }}
        {%- endif -%}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}
