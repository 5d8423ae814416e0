{#
    What conditions can be about: the fields of the profile, or the columns of an
    activity, with their kinds from the contracts.

    A scope is a dictionary
        of            how messages call it: `a profile`, `the activity orders`
        alias         the relation's alias in the SQL
        columns       name → the column in the contract, for those that are fields
        contact_keys  names that may only be asked for with is_missing
        subjects      the subjects that conditions may have
#}
{% macro _profile_scope() -%}
    {%- set columns = {} -%}
    {%- set consents = [] -%}
    {%- for column in dbt_consent.library_node('profiles').columns.values() -%}
        {%- if column.name.startswith('consent_') -%}
            {%- do consents.append(column.name) -%}
        {%- else -%}
            {%- do columns.update({column.name: column}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({
        'of': 'a profile',
        'alias': 'profiles',
        'columns': columns,
        'consents': consents,
        'contact_keys': dbt_consent.alternate_keys(),
        'subjects': dbt_consent.segment_language().subjects.keys() | list,
    }) }}
{%- endmacro %}

{% macro _activity_scope(activity, node, alias='events') -%}
    {%- set columns = {} -%}
    {%- for column in node.columns.values() if column.name != 'profile_id' -%}
        {%- do columns.update({column.name: column}) -%}
    {%- endfor -%}
    {{ return({
        'of': 'the activity ' ~ activity,
        'alias': alias,
        'columns': columns,
        'contact_keys': [],
        'subjects': ['field'],
    }) }}
{%- endmacro %}

{#
    A field of a scope: {name, kind, sql, is_float}; kind is text, number, boolean, date,
    timestamp, or the engine's type where the language has none for it.
#}
{% macro _field(scope, name) -%}
    {%- set type = (scope.columns[name].data_type or '') | lower -%}
    {%- set is_float = modules.re.match('double|float|real', type) is not none -%}
    {%- if modules.re.match('varchar|text|string|character|char|bpchar', type) -%}
        {%- set kind = 'text' -%}
    {%- elif is_float or modules.re.match('numeric|decimal|u?(tiny|small|big|huge)?int|long|short|byte', type) -%}
        {%- set kind = 'number' -%}
    {%- elif modules.re.match('bool', type) -%}
        {%- set kind = 'boolean' -%}
    {%- elif type == 'date' -%}
        {%- set kind = 'date' -%}
    {%- elif modules.re.match('(timestamp|datetime)(?!.*(tz|with time zone))', type) -%}
        {%- set kind = 'timestamp' -%}
    {%- else -%}
        {%- set kind = type or 'of no declared type' -%}
    {%- endif -%}
    {%- set sql = scope.alias ~ '.' ~ name -%}
    {{ return({
        'name': name,
        'kind': kind,
        'sql': dbt_consent.number_or_null(sql, type) if kind == 'number' else sql,
        'is_float': is_float,
        'is_decimal': modules.re.match('numeric|decimal', type) is not none,
    }) }}
{%- endmacro %}
