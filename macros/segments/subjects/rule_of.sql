{#
    The leaf `rule_of`: the rule of another segment, without its guard. Returns that rule's
    conditions to be read in place; what is wrong with them is reported where they stand.
#}
{% macro _read_rule_of(read, condition) -%}
    {%- set at = condition.at -%}
    {%- set name = condition.given.rule_of -%}
    {%- do dbt_consent._reject_other_keys(read, condition.given, ['rule_of'], at) -%}
    {%- set node = dbt_consent.segment_node(name) if dbt_consent.is_plain_name(name) else none -%}
    {%- set rule = dbt_consent.segment_rule(name) if node else none -%}
    {%- if name is string and name in condition.chain -%}
        {%- set first = condition.chain.index(name) -%}
        {%- do read.errors.append(
            at ~ '.rule_of: a cycle: ' ~ (condition.chain[first:] + [name]) | join(' → ') ~ '.'
        ) -%}
    {%- elif rule is not mapping -%}
        {%- do read.errors.append(
            at ~ '.rule_of: ' ~ dbt_consent._shown(name) ~ ' is no segment'
            ~ dbt_consent.did_you_mean(name, dbt_consent.segment_nodes().keys() | reject('equalto', name) | list) ~ '.'
        ) -%}
    {%- else -%}
        {%- if condition.chain | length == 1 and name not in read.uses -%}
            {%- do read.uses.append(name) -%}
        {%- endif -%}
        {%- do condition.update({'group': 'rule_of', 'chain': condition.chain + [name]}) -%}
        {%- if 'where' in rule -%}
            {%- set file = (node.patch_path or node.original_file_path).split('://')[-1] -%}
            {{ return([[rule.where, file ~ ': where']]) }}
        {%- endif -%}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro %}
