{#
    Comparing with values of the field's own kind: eq, in, lt, lte, gt, gte, between, and
    for days before, after, on_or_before and on_or_after. A value is a literal, for days
    also a relative day, or `{field: other}`.
#}
{% macro _read_comparison(read, scope, field, operator, takes, operand, at) -%}
    {%- if takes == 'value' -%}
        {%- set value = dbt_consent._read_value(read, scope, field, operand, at) -%}
        {{ return(dbt_consent._compare(read, field, operator, value) if value else '') }}
    {%- endif -%}

    {%- if operand is string or operand is mapping or operand is not sequence -%}
        {%- do read.errors.append(
            at ~ ': write a list' ~ (', such as [10, 20]' if takes == 'range' else '') ~ ', not '
            ~ dbt_consent._kind_of(operand) ~ '.'
        ) -%}
        {{ return('') }}
    {%- endif -%}
    {%- set values = [] -%}
    {%- for one in operand -%}
        {%- do values.append(dbt_consent._read_value(read, scope, field, one, at ~ '[' ~ loop.index0 ~ ']')) -%}
    {%- endfor -%}
    {%- if takes == 'range' -%}
        {{ return(dbt_consent._range_test(read, field, values, at)) }}
    {%- elif not values -%}
        {%- do read.errors.append(at ~ ': the list is empty; nothing is ever one of no values.') -%}
    {%- elif none not in values -%}
        {{ return(dbt_consent._list_test(read, field, values)) }}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}

{% macro _range_test(read, field, values, at) -%}
    {%- set low = values[0] if values else none -%}
    {%- set high = values[-1] if values else none -%}
    {%- if values | length != 2 -%}
        {%- do read.errors.append(at ~ ': a range has two values, the lowest and the highest; here are ' ~ values | length ~ '.') -%}
    {%- elif low and high -%}
        {%- if low.literal is defined and high.literal is defined and low.literal > high.literal -%}
            {%- do read.errors.append(
                at ~ ': the bounds are reversed: ' ~ dbt_consent._shown(low.literal) ~ ' is greater than ' ~ dbt_consent._shown(high.literal) ~ '.'
            ) -%}
        {%- else -%}
            {%- set days = field.kind in ['date', 'timestamp'] -%}
            {%- if field.kind == 'text' -%}
                {%- do read.warnings.append(
                    at ~ ": texts are compared letter by letter: '1999 AB' is not between '1000' and '1999'."
                    ~ " For all that begins so, write {gte: '1000', lt: '2000'}."
                ) -%}
            {%- endif -%}
            {{ return(
                '(' ~ dbt_consent._compare(read, field, 'on_or_after' if days else 'gte', low) ~ ' and '
                ~ dbt_consent._compare(read, field, 'on_or_before' if days else 'lte', high) ~ ')'
            ) }}
        {%- endif -%}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}

{# Equal to one of the values: one `in` over the literals, one test for each of the rest. #}
{% macro _list_test(read, field, values) -%}
    {%- set literals = [] -%}
    {%- set tests = [] -%}
    {%- for value in values -%}
        {%- if value.other is not defined -%}
            {%- do literals.append(dbt_consent.date_literal(value.day.isoformat()) if value.day is defined else value.sql) -%}
        {%- else -%}
            {%- do tests.append(dbt_consent._compare(read, field, 'eq', value)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if literals -%}
        {%- set left = dbt_consent._day_sql(read, field) if field.kind in ['date', 'timestamp'] else field.sql -%}
        {%- do tests.insert(0, left ~ ' in (' ~ literals | join(', ') ~ ')') -%}
    {%- endif -%}
    {{ return(tests[0] if tests | length == 1 else '(' ~ tests | join(' or ') ~ ')') }}
{%- endmacro %}

{% macro _compare(read, field, operator, value) -%}
    {%- if field.kind in ['date', 'timestamp'] -%}
        {{ return(dbt_consent._compare_days(read, field, operator, value)) }}
    {%- endif -%}
    {%- set left = dbt_consent.by_code_point(field.sql) if field.kind == 'text' and operator != 'eq' else field.sql -%}
    {%- set sign = {'eq': '=', 'lt': '<', 'lte': '<=', 'gt': '>', 'gte': '>='}[operator] -%}
    {%- set other = dbt_consent.ascii_lower(value.sql) if value.other is defined and field.is_folded is defined else value.sql -%}
    {{ return(left ~ ' ' ~ sign ~ ' ' ~ other) }}
{%- endmacro %}

{#
    A value as {sql}, with `literal` (what Python compares) or `other` (the other field);
    for days `day` instead of sql. None, after a complaint, where it is not of the kind.
#}
{% macro _read_value(read, scope, field, operand, at) -%}
    {%- if operand is mapping and 'field' in operand -%}
        {{ return(dbt_consent._read_other_field(read, scope, field, operand, at)) }}
    {%- elif field.kind in ['date', 'timestamp'] -%}
        {{ return(dbt_consent._read_day(read, field, operand, at)) }}
    {%- elif field.kind == 'text' and operand is string -%}
        {%- do dbt_consent._reject_unwritable(read, operand, at) -%}
        {%- set folded = operand.translate(''.maketrans('ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'))
            if field.is_folded is defined else operand -%}
        {{ return({'sql': dbt_consent.one_line_literal(folded), 'literal': folded}) }}
    {%- elif field.kind == 'boolean' and operand is boolean -%}
        {{ return({'sql': 'true' if operand else 'false'}) }}
    {%- elif field.kind == 'number' and operand is number and operand is not boolean -%}
        {{ return(dbt_consent._read_number(read, field, operand, at)) }}
    {%- elif field.kind == 'number' and field.is_decimal and operand is string
        and modules.re.match('-?[0-9]+([.][0-9]+)?\\Z', operand) -%}
        {{ return(dbt_consent._read_digits(read, operand, operand | float, at)) }}
    {%- endif -%}
    {%- do read.errors.append(at ~ ': ' ~ dbt_consent._wrong_kind(field, operand)) -%}
    {{ return(none) }}
{%- endmacro %}

{% macro _read_other_field(read, scope, field, operand, at) -%}
    {%- set name = operand.field -%}
    {%- if scope is none -%}
        {%- do read.errors.append(at ~ ': {field: ...} stands only in a condition on a field; write a value.') -%}
    {%- elif operand | length > 1 -%}
        {%- do dbt_consent._reject_other_keys(read, operand, ['field'], at) -%}
    {%- elif name is not string or name not in scope.columns -%}
        {%- do read.errors.append(at ~ '.field: ' ~ dbt_consent._unknown_field(read, scope, name)) -%}
    {%- elif name in scope.contact_keys -%}
        {%- do read.errors.append(at ~ '.field: a contact key may only be asked for with is_missing.') -%}
    {%- else -%}
        {%- set other = dbt_consent._field(scope, name) -%}
        {%- set days = ['date', 'timestamp'] -%}
        {%- if other.kind == field.kind or (other.kind in days and field.kind in days) -%}
            {{ return({'sql': other.sql, 'other': other}) }}
        {%- endif -%}
        {%- do read.errors.append(
            at ~ '.field: ' ~ name ~ ' is ' ~ other.kind ~ '; ' ~ field.name ~ ' is ' ~ field.kind ~ '.'
        ) -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{% macro _wrong_kind(field, operand) -%}
    {%- set is_what = field.name ~ ' is ' ~ field.kind -%}
    {%- if operand is none -%}
        {{ return('null is no value; ask for missing values with is_missing: true.') }}
    {%- elif operand is sequence and operand is not string and operand is not mapping -%}
        {{ return('one value stands here, not a list; for several write `in` or `not_in`.') }}
    {%- elif operand is boolean and field.kind == 'text' -%}
        {{ return(
            dbt_consent._shown(operand) ~ ' is a boolean, ' ~ is_what ~ ': YAML reads an unquoted '
            ~ ('YES as true; write \'YES\'.' if operand else 'NO as false; write \'NO\'.')
        ) }}
    {%- elif field.kind == 'text' and operand is not mapping -%}
        {{ return(operand | string ~ ' is ' ~ dbt_consent._kind_of(operand) ~ ', ' ~ is_what ~ ": write '" ~ operand ~ "'.") }}
    {%- elif operand is string -%}
        {%- set is_number = field.kind == 'number' and modules.re.match('[-+]?[0-9]+([.][0-9]*)?([eE][-+]?[0-9]{1,2})?\\Z', operand) -%}
        {%- set number = dbt_consent._plain_digits(operand | float | string) if is_number else '' -%}
        {{ return(
            "'" ~ operand ~ "' is a text, " ~ is_what
            ~ (': write ' ~ modules.re.sub('[.]0\\Z', '', number) ~ ', without quotes and exponent.' if is_number else '.')
        ) }}
    {%- elif operand is mapping -%}
        {{ return(dbt_consent._shown(operand) ~ ' is no value; ' ~ is_what ~ '.') }}
    {%- endif -%}
    {{ return(dbt_consent._shown(operand) ~ ' is ' ~ dbt_consent._kind_of(operand) ~ ', ' ~ is_what ~ '.') }}
{%- endmacro %}
