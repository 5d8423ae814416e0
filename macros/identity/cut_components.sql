{#
    SQL that yields the records which leave their component because a guard cuts it:
    record_id, and in component_id the smallest record of the part that they end in.

    Each contested component is put together anew, strongest tie first:

    1. the pairs of always_match;
    2. keys, those that the fewest records share first, then in the order of
       vars.alternate_keys, then by value. The records of a key are taken in the order of
       record_id, each joined to every group of the key's records before it that may
       have it.

    Two groups are never joined when a pair of never_match stands between them, nor when
    they hold different values of a column that vars.unique_keys says to cut, unless
    always_match has brought those very values together. What remains is as connected as
    the guards allow: between two parts that share a key stands a guard.

    Arguments
        contested  the relation of component_ids

    Raises when always_match joins what never_match parts by way of other records, and
    when the contested components are too large to be put together one tie at a time
    (more than 500,000 keys of records).
#}
{% macro cut_components(contested) -%}
    {%- set rows = [] -%}
    {%- if execute and flags.WHICH in ['build', 'run'] and dbt_consent.has_rows(contested) -%}
        {%- set groups = dbt_consent._groups_of_contested(contested) -%}
        {%- do dbt_consent._join_always_pairs(groups, contested) -%}
        {%- do dbt_consent._join_records_of_keys(groups, contested) -%}
        {%- for members in groups.members.values() -%}
            {%- set smallest = members | min -%}
            {%- for record in members if groups.component_of[record] != smallest -%}
                {%- do rows.append('(' ~ record ~ ', ' ~ smallest ~ ')') -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if rows %}
select
    cast(record_id as bigint) as record_id,
    cast(component_id as bigint) as component_id
from (
    values
    {{ rows | join(',\n    ') }}
) as cut_records (record_id, component_id)
    {%- else %}
select
    cast(null as bigint) as record_id,
    cast(null as bigint) as component_id
where 1 = 0
    {%- endif %}
{%- endmacro %}

{#
    Every record of the contested components as a group of its own: which group a record
    is in, the members of each, the records that they must not meet, and their values of
    unique columns.
#}
{% macro _groups_of_contested(contested) -%}
    {%- set linked = ref('int_identity__linked_records') -%}
    {%- set of_contested = 'inner join ' ~ linked ~ ' as linked on rows_of.record_id = linked.record_id '
        ~ 'inner join ' ~ contested ~ ' as contested on linked.component_id = contested.component_id' -%}
    {%- set size = run_query(
        'select count(*) from ' ~ ref('int_identity__record_keys') ~ ' as rows_of ' ~ of_contested
    ).columns[0].values()[0] | int -%}
    {%- if size > 500000 -%}
        {{ exceptions.raise_compiler_error(
            'Identity: the components that never_match or unique_keys contest hold ' ~ size
            ~ ' keys of records; up to 500000 are cut. Lower max_records_per_key, list the values '
            ~ "that tie strangers in seeds/reference/junk_keys.csv, or set the unique key to 'report' "
            ~ 'and see rejected_keys.'
        ) }}
    {%- endif -%}
    {%- set groups = {
        'component_of': {}, 'group_of': {}, 'members': {}, 'barred': {}, 'values': {},
    } -%}
    {%- for row in run_query(
        'select rows_of.record_id, rows_of.component_id from ' ~ linked ~ ' as rows_of '
        ~ 'inner join ' ~ contested ~ ' as contested on rows_of.component_id = contested.component_id '
        ~ 'order by rows_of.record_id'
    ) -%}
        {%- do groups.component_of.update({row[0]: row[1]}) -%}
        {%- do groups.group_of.update({row[0]: row[0]}) -%}
        {%- do groups.members.update({row[0]: [row[0]]}) -%}
        {%- do groups.barred.update({row[0]: []}) -%}
        {%- do groups['values'].update({row[0]: {}}) -%}
    {%- endfor -%}
    {%- for row in run_query(
        'select rows_of.record_id, rows_of.other_record_id from ' ~ ref('int_identity__match_pairs')
        ~ " as rows_of where rows_of.kind = 'never'"
    ) if row[0] in groups.group_of and row[1] in groups.group_of -%}
        {%- do groups.barred[row[0]].append(row[1]) -%}
        {%- do groups.barred[row[1]].append(row[0]) -%}
    {%- endfor -%}
    {%- for row in run_query(
        'select rows_of.record_id, rows_of.column_name, rows_of.value from '
        ~ ref('int_identity__unique_values') ~ ' as rows_of ' ~ of_contested
        ~ " where rows_of.handling = 'cut'"
    ) -%}
        {%- do groups['values'][row[0]].update({row[1]: [row[2] | string]}) -%}
    {%- endfor -%}
    {{ return(groups) }}
{%- endmacro %}

{% macro _join_always_pairs(groups, contested) -%}
    {%- for row in run_query(
        'select record_id, other_record_id from ' ~ ref('int_identity__match_pairs')
        ~ " where kind = 'always' order by record_id, other_record_id"
    ) if row[0] in groups.group_of -%}
        {%- if not dbt_consent._join_groups(
            groups, groups.group_of[row[0]], groups.group_of[row[1]], forced=true
        ) -%}
            {%- set names = run_query(
                'select source_name, source_record_id from ' ~ ref('int_identity__records')
                ~ ' where record_id in (' ~ row[0] ~ ', ' ~ row[1] ~ ') order by record_id'
            ).rows -%}
            {{ exceptions.raise_compiler_error(
                'The seeds always_match and never_match contradict each other: always_match joins '
                ~ names[0][0] ~ ' ' ~ names[0][1] ~ ' and ' ~ names[1][0] ~ ' ' ~ names[1][1]
                ~ ', and by that, over further pairs, two records that never_match parts.'
            ) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro _join_records_of_keys(groups, contested) -%}
    {#- key.records: of each group that the key's records are in so far, the first record -#}
    {%- set key = namespace(name=none, records=[]) -%}
    {%- for row in run_query(dbt_consent._keys_by_strength(contested)) -%}
        {%- if key.name != (row[1], row[2]) -%}
            {%- set key.name = (row[1], row[2]) -%}
            {%- set key.records = [] -%}
        {%- endif -%}
        {%- set kept = [] -%}
        {%- set joined = [] -%}
        {%- for record in key.records -%}
            {%- if not dbt_consent._join_groups(
                groups, groups.group_of[record], groups.group_of[row[0]], forced=false
            ) -%}
                {%- do kept.append(record) -%}
            {%- elif not joined -%}
                {%- do kept.append(record) -%}
                {%- do joined.append(record) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set key.records = kept if joined else kept + [row[0]] -%}
    {%- endfor -%}
{%- endmacro %}

{# The shared keys of the contested components, strongest first: record, key type, key. #}
{% macro _keys_by_strength(contested) -%}
    select
        keys.record_id,
        keys.key_type,
        keys.tie_id
    from {{ ref('int_identity__record_keys') }} as keys
    inner join {{ ref('int_identity__linked_records') }} as linked
        on keys.record_id = linked.record_id
    inner join {{ contested }} as contested
        on linked.component_id = contested.component_id
    where
        keys.is_tying
        and keys.record_count > 1
    order by
        keys.record_count,
        case keys.key_type
            {% for key_type in dbt_consent.alternate_keys() %}
            when '{{ key_type }}' then {{ loop.index }}
            {% endfor %}
        end,
        {{ dbt_consent.by_code_point('keys.key_value') }},
        keys.tie_id,
        keys.record_id
{%- endmacro %}

{# Joins two groups unless a guard stands between them; says whether they are one now. #}
{% macro _join_groups(groups, one, other, forced) -%}
    {%- if one == other -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set small, large = (one, other)
        if groups.members[one] | length < groups.members[other] | length else (other, one) -%}
    {%- for record in groups.barred[small] if groups.group_of[record] == large -%}
        {{ return(false) }}
    {%- endfor -%}
    {%- for column, values in groups['values'][small].items() if not forced -%}
        {%- set others = groups['values'][large].get(column, values) -%}
        {%- if values | reject('in', others) | list and others | reject('in', values) | list -%}
            {{ return(false) }}
        {%- endif -%}
    {%- endfor -%}

    {%- for record in groups.members[small] -%}
        {%- do groups.group_of.update({record: large}) -%}
    {%- endfor -%}
    {%- do groups.members[large].extend(groups.members.pop(small)) -%}
    {%- do groups.barred[large].extend(groups.barred.pop(small)) -%}
    {%- for column, values in groups['values'].pop(small).items() -%}
        {%- set others = groups['values'][large].setdefault(column, []) -%}
        {%- do others.extend(values | reject('in', others) | list) -%}
    {%- endfor -%}
    {{ return(true) }}
{%- endmacro %}
