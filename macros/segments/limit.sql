{#
    The limit of a rule: how many members, and in which order they are taken. Who misses the
    field comes last; ties are settled by the sample number of the segment's name, then by
    the profile id.
#}
{% macro _read_limit(read, given, at) -%}
    {%- set before = read.errors | length -%}
    {%- set ties = [dbt_consent._sample_number(read.name), dbt_consent.by_code_point('profiles.profile_id')] -%}
    {%- if given is not mapping -%}
        {%- do read.errors.append(at ~ ': write {to: 1000, by: {field: <name>, order: desc}} or {to: 1000, by: random}.') -%}
    {%- else -%}
        {%- do dbt_consent._reject_other_keys(read, given, read.language.limit_keys.keys() | list, at) -%}
        {%- set to = given.get('to') -%}
        {%- if to is not integer or to is boolean or not 1 <= to <= 1000000000 -%}
            {%- do read.errors.append(at ~ '.to: ' ~ dbt_consent._shown(to) ~ ' is no whole number of members from 1 to a billion.') -%}
        {%- endif -%}
        {%- set order = [] if given.get('by') == 'random' else dbt_consent._read_limit_order(read, given.get('by'), at ~ '.by') -%}
        {%- if read.errors | length == before -%}
            {%- do read.update({'limit': {'to': to, 'order': (order + ties) | join(', ')}}) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro _read_limit_order(read, by, at) -%}
    {%- set orders = read.language.orders -%}
    {%- if by is not mapping -%}
        {%- do read.errors.append(at ~ ': write random, or {field: <name>, order: desc}.') -%}
        {{ return([]) }}
    {%- endif -%}
    {%- do dbt_consent._reject_other_keys(read, by, read.language.limit_by_keys.keys() | list, at) -%}
    {%- if by.get('order') not in orders -%}
        {%- do read.errors.append(at ~ '.order: say which come first: ' ~ orders | join(' or ') ~ '.') -%}
    {%- endif -%}
    {%- if by.get('field') is not string or by.field not in read.profile.columns -%}
        {%- do read.errors.append(at ~ '.field: ' ~ dbt_consent._unknown_field(read, read.profile, by.get('field'))) -%}
    {%- elif by.field in read.profile.contact_keys -%}
        {%- do read.errors.append(at ~ '.field: a contact key may only be asked for with is_missing.') -%}
    {%- else -%}
        {%- set field = dbt_consent._field(read.profile, by.field) -%}
        {%- if field.kind not in ['number', 'text', 'date', 'timestamp'] -%}
            {%- do read.errors.append(at ~ '.field: ' ~ by.field ~ ' is ' ~ field.kind ~ ', which has no order.') -%}
        {%- else -%}
            {%- set sql = dbt_consent.by_code_point(field.sql) if field.kind == 'text' else field.sql -%}
            {{ return(['case when ' ~ field.sql ~ ' is null then 1 else 0 end', sql ~ ' ' ~ by.get('order')]) }}
        {%- endif -%}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro %}
