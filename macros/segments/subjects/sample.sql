{#
    The leaf `sample`: a stable share of the profiles. With h the first 8 hex digits of
    md5(name:profile_id) as a number, in when from * 2^32 <= h * 100 < below * 2^32.
#}
{% macro _read_sample(read, condition) -%}
    {%- set at = condition.at ~ '.sample' -%}
    {%- set given = condition.given.sample -%}
    {%- set before = read.errors | length -%}
    {%- do dbt_consent._reject_other_keys(read, condition.given, ['sample'], condition.at) -%}
    {%- if given is not mapping -%}
        {%- do read.errors.append(at ~ ': write {name: <what the split is called>, from: 0, below: 90}.') -%}
    {%- else -%}
        {%- do dbt_consent._reject_other_keys(read, given, read.language.sample_keys.keys() | list, at) -%}
        {%- set name = given.get('name') -%}
        {%- if name is not string or not name -%}
            {%- do read.errors.append(at ~ '.name: write what the split is called, as a text.') -%}
        {%- else -%}
            {%- do dbt_consent._reject_unwritable(read, name, at ~ '.name') -%}
        {%- endif -%}
        {%- set low = given.get('from', 0) -%}
        {%- set high = given.get('below', 100) -%}
        {%- for key, share in {'from': low, 'below': high}.items() -%}
            {%- if share is not number or share is boolean or not 0 <= share <= 100 -%}
                {%- do read.errors.append(
                    at ~ '.' ~ key ~ ': ' ~ dbt_consent._shown(share) ~ ' is no number of percent from 0 to 100.'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if read.errors | length == before and low >= high -%}
            {%- do read.errors.append(at ~ ': from ' ~ low ~ ' is not below ' ~ high ~ ', so nobody is in.') -%}
        {%- endif -%}
    {%- endif -%}
    {%- if read.errors | length == before -%}
        {%- set hash = dbt_consent._sample_number(name) -%}
        {%- set tests = [] -%}
        {%- if low > 0 -%}
            {%- do tests.append(hash ~ ' * 100 >= ' ~ (low * 4294967296) | round(0, 'ceil') | int) -%}
        {%- endif -%}
        {%- if high < 100 -%}
            {%- do tests.append(hash ~ ' * 100 < ' ~ (high * 4294967296) | round(0, 'ceil') | int) -%}
        {%- endif -%}
        {%- do dbt_consent._set_leaf(
            condition, tests or ['true'],
            {'percent of ' ~ name: 'cast(' ~ hash ~ ' as ' ~ dbt_consent.type_double() ~ ') * 100 / 4294967296'}
        ) -%}
    {%- endif -%}
{%- endmacro %}

{# The first 8 hex digits of md5(name:profile_id) as a number. #}
{% macro _sample_number(name) -%}
    {%- set digits = dbt_consent.md5_hex(dbt_consent.one_line_literal(name ~ ':') ~ ' || profiles.profile_id') -%}
    {{ return(dbt_consent.hex_to_number('substring(' ~ digits | trim ~ ', 1, 8)')) }}
{%- endmacro %}
