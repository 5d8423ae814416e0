{#
    Reads the operators of a leaf, an aggregate or an age: one SQL condition for each, all
    of which have to hold. A condition may be null where a value is missing, which counts
    as false; a negating operator is the exact negation of its positive form, and so holds
    there.

    Arguments
        read   the reading, which collects errors
        scope  where {field: other} looks, or none where only values may stand
        field  what is tested: {name, kind, sql, is_float}; with `only` and `why` where not
               every operator of the kind may be asked
        given  the mapping that holds the operators
        skip   keys of it that are none
        at     where it stands
#}
{% macro _read_tests(read, scope, field, given, skip, at) -%}
    {%- set operators = read.language.operators -%}
    {%- set tests = [] -%}
    {%- set folded = dbt_consent._read_ignore_case(read, field, given, at) if 'ignore_case' in given else field -%}
    {%- for name, operand in given.items() if name not in skip and name != 'ignore_case' -%}
        {%- set place = at ~ '.' ~ name -%}
        {%- if name not in operators -%}
            {%- do read.errors.append(
                place ~ ': unknown operator'
                ~ dbt_consent.did_you_mean(name, operators.keys() | list) ~ '; '
                ~ dbt_consent._operators_for(read, field) ~ '.'
            ) -%}
        {%- elif field.only is defined and name not in field.only -%}
            {%- do read.errors.append(place ~ ': ' ~ field.why ~ '.') -%}
        {%- elif field.kind not in operators[name].for -%}
            {%- do read.errors.append(
                place ~ ': `' ~ name ~ '` is for ' ~ dbt_consent._kinds(operators[name].for) ~ '; '
                ~ field.name ~ ' is ' ~ field.kind ~ '. ' ~ dbt_consent._operators_for(read, field) | capitalize ~ '.'
            ) -%}
        {%- else -%}
            {%- set positive = operators[name].negates or name -%}
            {%- set test = dbt_consent._read_test(read, scope, folded, positive, operators[name].takes, operand, place) -%}
            {%- if test -%}
                {%- do tests.append('not coalesce(' ~ test ~ ', false)' if positive != name else test) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tests) }}
{%- endmacro %}

{# One operator; nothing where its operand is wrong. Each family has a file of its own. #}
{% macro _read_test(read, scope, field, operator, takes, operand, at) -%}
    {%- if operator == 'is_missing' -%}
        {%- if operand is boolean -%}
            {{ return(field.sql ~ (' is null' if operand else ' is not null')) }}
        {%- endif -%}
        {%- do read.errors.append(at ~ ': write true or false, not ' ~ dbt_consent._kind_of(operand) ~ '.') -%}
        {{ return('') }}
    {%- elif takes in ['texts', 'pattern'] -%}
        {{ return(dbt_consent._read_text_test(read, field, operator, operand, at)) }}
    {%- elif takes in ['value', 'values', 'range'] -%}
        {{ return(dbt_consent._read_comparison(read, scope, field, operator, takes, operand, at)) }}
    {%- endif -%}
    {{ return(dbt_consent._read_calendar_test(read, field, operator, operand, at)) }}
{%- endmacro %}

{# The field with A to Z folded, where the leaf asks for it. #}
{% macro _read_ignore_case(read, field, given, at) -%}
    {%- set with = read.language.modifiers.ignore_case.with -%}
    {%- set place = at ~ '.ignore_case' -%}
    {%- if given.ignore_case is not boolean -%}
        {%- do read.errors.append(place ~ ': write true or false, not ' ~ dbt_consent._kind_of(given.ignore_case) ~ '.') -%}
    {%- elif field.kind != 'text' -%}
        {%- do read.errors.append(place ~ ': is for text; ' ~ field.name ~ ' is ' ~ field.kind ~ '.') -%}
    {%- elif 'matches' in given and given.ignore_case -%}
        {%- do read.errors.append(place ~ ': does not go with `matches`; write both cases in a class, such as [Aa].') -%}
    {%- elif given.ignore_case and given.keys() | select('in', read.language.modifiers.ignore_case.without) | list -%}
        {%- do read.errors.append(
            place ~ ': texts are ordered by code point, capitals first; write that as a condition of its own.'
        ) -%}
    {%- elif not given.keys() | select('in', with) | list -%}
        {%- do read.errors.append(place ~ ': goes with ' ~ dbt_consent._kinds(with) ~ ', none of which stands there.') -%}
    {%- elif given.ignore_case -%}
        {%- set folded = dict(field) -%}
        {%- do folded.update({'sql': dbt_consent.ascii_lower(field.sql), 'is_folded': true}) -%}
        {{ return(folded) }}
    {%- endif -%}
    {{ return(field) }}
{%- endmacro %}

{% macro _operators_for(read, field) -%}
    {%- set known = [] -%}
    {%- for name, operator in read.language.operators.items()
        if field.kind in operator.for and (field.only is not defined or name in field.only) -%}
        {%- do known.append(name) -%}
    {%- endfor -%}
    {{ return(
        'for ' ~ dbt_consent._kinds([field.kind]) ~ ' there are ' ~ known | join(', ') if known
        else 'the language has no operators for ' ~ field.kind
    ) }}
{%- endmacro %}
