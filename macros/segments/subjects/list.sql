{#
    The leaf `list`: the values that the records of a profile have in a declared list
    (`vars: list_models:`), each value once over all its present records.
#}
{% macro _read_values_of_list(read, condition) -%}
    {%- set at = condition.at -%}
    {%- set given = condition.given -%}
    {%- set name = given.list -%}
    {%- set models = dbt_consent.setting('list_models') -%}
    {%- set before = read.errors | length -%}
    {%- set node = dbt_consent.segment_node(models[name]) if name is string and name in models else none -%}
    {%- do dbt_consent._reject_other_keys(read, given, ['list'] + (read.language.list_keys.keys() | list), at) -%}
    {%- if not node -%}
        {%- do read.errors.append(
            at ~ '.list: ' ~ dbt_consent._shown(name)
            ~ (" has no model: vars.list_models names '" ~ models[name] ~ "'." if name is string and name in models
               else ' is no list' ~ dbt_consent.did_you_mean(name, models.keys() | list) ~ '.')
        ) -%}
    {%- elif ['source_name', 'source_record_id', 'value'] | reject('in', node.columns) | list or not node.config.contract.enforced -%}
        {%- do read.errors.append(
            at ~ ".list: the model '" ~ node.name ~ "' carries no contract with source_name, source_record_id and"
            ~ ' value; add contract: {enforced: true} and its columns with their types.'
        ) -%}
    {%- else -%}
        {%- if condition.chain | length == 1 and name not in read.lists -%}
            {%- do read.lists.append(name) -%}
        {%- endif -%}
        {%- set join = {
            'key': 'list ' ~ name,
            'from': '(\n    select records.profile_id, entries.value\n    from '
                ~ (read.relations.lists.get(name) or node.relation_name) ~ ' as entries\n    inner join '
                ~ read.relations.records ~ ' as records\n        on\n'
                ~ '            entries.source_name = records.source_name\n'
                ~ '            and entries.source_record_id = records.source_record_id\n) as events',
            'where': 'events.value is not null',
        } -%}
        {%- set alias = dbt_consent._join_activity(read, join) -%}
        {%- set number = dbt_consent._number_of_values(read, join, alias, 'events.value') -%}
        {%- set facts = {name ~ ' values': number} -%}
        {%- set tests = [] -%}
        {%- for key in ['any_of', 'all_of', 'none_of'] if key in given -%}
            {%- set literals = dbt_consent._read_list_values(read, given[key], at ~ '.' ~ key) -%}
            {%- if literals -%}
                {%- set found = dbt_consent._number_of_values(
                    read, join, alias, 'case when events.value in (' ~ literals | join(', ') ~ ') then events.value end'
                ) -%}
                {%- do tests.append(
                    found ~ (' = 0' if key == 'none_of' else ' > 0' if key == 'any_of' else ' = ' ~ literals | length)
                ) -%}
                {%- do facts.update({'of ' ~ key: found}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if 'count' in given -%}
            {%- if given.count is not mapping or not given.count -%}
                {%- do read.errors.append(at ~ '.count: write {gte: 2}, not ' ~ dbt_consent._kind_of(given.count) ~ '.') -%}
            {%- else -%}
                {%- set measure = {'name': 'count', 'kind': 'number', 'sql': number, 'is_float': false} -%}
                {%- do tests.extend(dbt_consent._read_tests(read, none, measure, given.count, [], at ~ '.count')) -%}
            {%- endif -%}
        {%- endif -%}
        {%- if read.errors | length == before -%}
            {%- do dbt_consent._set_leaf(condition, tests or [number ~ ' > 0'], facts) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# How many different values there are; none are 0. #}
{% macro _number_of_values(read, join, alias, sql) -%}
    {%- set measures = read.joins[join.key].measures -%}
    {%- set inner = 'count(distinct ' ~ sql ~ ')' -%}
    {%- if inner not in measures -%}
        {%- do measures.update({inner: 'measure_' ~ (measures | length + 1)}) -%}
    {%- endif -%}
    {{ return('coalesce(' ~ alias ~ '.' ~ measures[inner] ~ ', 0)') }}
{%- endmacro %}

{# The different values of an operand, as SQL literals. #}
{% macro _read_list_values(read, operand, at) -%}
    {%- set literals = [] -%}
    {%- if operand is string or operand is mapping or operand is not sequence or not operand -%}
        {%- do read.errors.append(at ~ ': write a list of values, such as [vip, trade], not ' ~ dbt_consent._kind_of(operand) ~ '.') -%}
    {%- else -%}
        {%- set field = {'name': 'a value of the list', 'kind': 'text', 'sql': ''} -%}
        {%- for one in operand -%}
            {%- set value = dbt_consent._read_value(read, none, field, one, at ~ '[' ~ loop.index0 ~ ']') -%}
            {%- if value and value.sql not in literals -%}
                {%- do literals.append(value.sql) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(literals) }}
{%- endmacro %}
