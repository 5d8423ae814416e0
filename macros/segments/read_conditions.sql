{#
    Reads a condition, or a list of conditions that all hold, with everything in it.

    The result is a flat list in which parents come before their children, and not a tree:
    a walk over a growing list has no depth to run out of.

    Arguments
        read   the reading (read_segment), which collects errors, warnings and joins
        scope  what the conditions can be about
        given  the condition as written
        at     the file and the path inside the rule, for messages
        chain  the segments whose rules are being read, the innermost last

    Each entry has
        id, parent, children  places in the list
        group                 all, any, not, rule_of, or leaf
        at, given             where it stands and what is written there
        owner                 the segment in whose rule it stands
        chain                 that one and those above it
        inside_not            whether a negation stands above it
        is_needed             whether no member is without it: only `all` stands above it
        sql                   a leaf's condition; null where it cannot be decided counts as
                              false, and is made false where a negation stands above
        facts                 a leaf's actual values: {label: SQL expression}
#}
{% macro _read_conditions(read, scope, given, at, chain) -%}
    {%- set conditions = [] -%}
    {%- set open = [{
        'given': given, 'at': at, 'parent': none, 'chain': chain, 'is_root': true,
        'inside_not': false, 'negated': false, 'depth': 1, 'is_needed': true,
    }] -%}
    {%- for item in open -%}
        {%- set condition = {
            'id': conditions | length,
            'parent': item.parent,
            'children': [],
            'group': 'leaf',
            'at': item.at,
            'given': item.given,
            'inside_not': item.inside_not,
            'negated': item.negated,
            'is_needed': item.is_needed,
            'owner': item.chain[-1],
            'chain': item.chain,
            'sql': '',
            'facts': {},
        } -%}
        {%- do conditions.append(condition) -%}
        {%- if item.parent is not none -%}
            {%- do conditions[item.parent].children.append(condition.id) -%}
        {%- endif -%}
        {%- set inner = dbt_consent._read_condition(read, scope, condition, item) -%}
        {%- if inner and item.depth > read.language.most.depth -%}
            {%- do read.errors.append(
                item.at.split(': ')[0] ~ ': where: the conditions nest deeper than ' ~ read.language.most.depth
                ~ '. Give parts of the rule to segments of their own, and write {rule_of: ...}.'
            ) -%}
            {%- set inner = [] -%}
        {%- endif -%}
        {%- for child in inner -%}
            {%- do open.append({
                'given': child[0],
                'at': child[1],
                'parent': condition.id,
                'chain': condition.chain,
                'is_root': condition.group == 'rule_of',
                'depth': 1 if condition.group == 'rule_of' else item.depth + 1,
                'is_needed': item.is_needed and condition.group in ['all', 'rule_of'],
                'inside_not': item.inside_not or condition.group == 'not',
                'negated': not item.negated if condition.group == 'not' else item.negated,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(conditions) }}
{%- endmacro %}

{#
    Reads one entry: what is wrong with it goes to the reading, a leaf gets its SQL.
    Returns the conditions inside, as pairs of what is written and where.
#}
{% macro _read_condition(read, scope, condition, item) -%}
    {%- set given = item.given -%}
    {%- set at = item.at -%}
    {%- if item.is_root and given is sequence and given is not string and given is not mapping -%}
        {%- do condition.update({'group': 'all'}) -%}
        {{ return(dbt_consent._read_list(read, given, at, 'leave `where` out for everyone')) }}
    {%- endif -%}
    {%- if given is not mapping or not given -%}
        {%- do read.errors.append(
            at ~ ': a condition is a mapping such as {field: country, eq: NL}, not '
            ~ dbt_consent._kind_of(given) ~ '.'
        ) -%}
        {{ return([]) }}
    {%- endif -%}

    {%- set language = read.language -%}
    {%- set heads = [] -%}
    {%- for key in given if key in language.groups or key in language.subjects -%}
        {%- do heads.append(key) -%}
    {%- endfor -%}
    {%- if heads | length != 1 -%}
        {%- do dbt_consent._complain_about_heads(read, scope, given, at, heads) -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set head = heads[0] -%}

    {%- if head in language.groups -%}
        {%- do condition.update({'group': head}) -%}
        {%- for key in given if key != head -%}
            {%- do read.errors.append(at ~ '.' ~ key ~ ': `' ~ head ~ '` stands alone; put this into a condition of its own.') -%}
        {%- endfor -%}
        {%- if head != 'not' -%}
            {{ return(dbt_consent._read_list(read, given[head], at ~ '.' ~ head, 'write at least one condition')) }}
        {%- endif -%}
        {%- if given[head] is not mapping -%}
            {%- do read.errors.append(
                at ~ '.not: `not` takes one condition, not ' ~ dbt_consent._kind_of(given[head])
                ~ '. For several, write {not: {any: [...]}}.'
            ) -%}
            {{ return([]) }}
        {%- endif -%}
        {{ return([[given[head], at ~ '.not']]) }}
    {%- elif head not in scope.subjects -%}
        {%- do read.errors.append(
            at ~ '.' ~ head ~ ': the conditions on ' ~ scope.of ~ ' are about its fields: write {field: ...}.'
        ) -%}
    {%- elif head == 'field' -%}
        {%- do dbt_consent._read_field(read, scope, condition) -%}
    {%- elif head == 'rule_of' -%}
        {{ return(dbt_consent._read_rule_of(read, condition)) }}
    {%- elif head == 'activity' -%}
        {%- do dbt_consent._read_activity(read, condition) -%}
    {%- elif head == 'consent' -%}
        {%- do dbt_consent._read_consent(read, condition) -%}
    {%- elif head == 'source' -%}
        {%- do dbt_consent._read_source(read, condition) -%}
    {%- elif head == 'sample' -%}
        {%- do dbt_consent._read_sample(read, condition) -%}
    {%- elif head == 'compare' -%}
        {%- do dbt_consent._read_compare(read, condition) -%}
    {%- elif head == 'list' -%}
        {%- do dbt_consent._read_values_of_list(read, condition) -%}
    {%- elif head == 'member_of' -%}
        {%- do dbt_consent._read_member_of(read, condition) -%}
    {%- else -%}
        {%- do dbt_consent._read_delivered(read, condition) -%}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro %}

{% macro _read_list(read, given, at, otherwise) -%}
    {%- set inner = [] -%}
    {%- if given is string or given is mapping or given is not sequence -%}
        {%- do read.errors.append(at ~ ': write a list of conditions, not ' ~ dbt_consent._kind_of(given) ~ '.') -%}
    {%- elif not given -%}
        {%- do read.errors.append(at ~ ': the list is empty; ' ~ otherwise ~ '.') -%}
    {%- else -%}
        {%- for one in given -%}
            {%- do inner.append([one, at ~ '[' ~ loop.index0 ~ ']']) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(inner) }}
{%- endmacro %}

{% macro _complain_about_heads(read, scope, given, at, heads) -%}
    {%- if heads -%}
        {%- do read.errors.append(
            at ~ ': two subjects in one condition (' ~ heads | join(', ')
            ~ '); write two conditions under `all`.'
        ) -%}
    {%- else -%}
        {%- set known = (read.language.groups.keys() | list) + scope.subjects -%}
        {%- set near = namespace(text='') -%}
        {%- for key in given if not near.text -%}
            {%- if key == 'segment' -%}
                {%- set near.text = " (did you mean 'rule_of'?)" -%}
            {%- else -%}
                {%- set near.text = dbt_consent.did_you_mean(key, known) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do read.errors.append(
            at ~ ": the condition has no subject, only '" ~ given.keys() | join("', '") ~ "'" ~ near.text
            ~ '; write one of ' ~ known | join(', ') ~ '.'
        ) -%}
    {%- endif -%}
{%- endmacro %}

{#
    The SQL of a whole rule, or of the entry `id` of it: `true` where there is no condition.
#}
{% macro _conditions_sql(conditions, id=0) -%}
    {%- if not conditions -%}
        {{ return('true') }}
    {%- endif -%}
    {%- for condition in conditions | reverse if condition.group != 'leaf' -%}
        {%- set parts = [] -%}
        {%- for child in condition.children -%}
            {%- do parts.append(conditions[child].sql) -%}
        {%- endfor -%}
        {%- if condition.group == 'not' -%}
            {%- set sql = 'not (\n    ' ~ parts[0].replace('\n', '\n    ') ~ '\n)' -%}
        {%- elif not parts -%}
            {%- set sql = 'true' -%}
        {%- elif parts | length == 1 -%}
            {%- set sql = parts[0] -%}
        {%- else -%}
            {%- set word = '\nor ' if condition.group == 'any' else '\nand ' -%}
            {%- set sql = '(\n    ' ~ (parts | join(word)).replace('\n', '\n    ') ~ '\n)' -%}
        {%- endif -%}
        {%- do condition.update({'sql': sql}) -%}
    {%- endfor -%}
    {{ return(conditions[id].sql) }}
{%- endmacro %}

{# Gives a leaf its SQL: all of its tests hold. #}
{% macro _set_leaf(condition, tests, facts={}) -%}
    {%- set sql = tests[0] if tests | length == 1 else '(' ~ tests | join(' and ') ~ ')' -%}
    {%- do condition.update({
        'sql': 'coalesce(' ~ sql ~ ', false)' if condition.inside_not else sql,
        'facts': facts,
    }) -%}
{%- endmacro %}
