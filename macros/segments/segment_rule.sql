{#
    The rule of a segment as its properties file has it, or none. A macro of its own, so
    that a unit test of a segment can try another rule:

        overrides:
          macros:
            dbt_consent.segment_rule: {contact_for: newsletter}

    Arguments
        name  the segment
#}
{% macro segment_rule(name) -%}
    {%- set node = dbt_consent.segment_node(name) -%}
    {{ return(node.config.meta.get('segment') if node else none) }}
{%- endmacro %}

{#
    The node of a model in the project's graph, or none. A model of the installing project
    stands before one of the same name in this package.
#}
{% macro segment_node(name) -%}
    {%- for package in [project_name, 'dbt_consent'] -%}
        {%- set node = graph.nodes.get('model.' ~ package ~ '.' ~ name) -%}
        {%- if node -%}
            {{ return(node) }}
        {%- endif -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values()
        if node.name == name and node.resource_type == 'model' -%}
        {{ return(node) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}

{#
    The rule of a segment's node in 32 digits, none for any other node: what an export compares
    with the rule in the file (runner/segments/written.py makes the same).
#}
{% macro rule_fingerprint(node) -%}
    {%- set rule = ((node.config or {}).meta or {}).get('segment') if node.resource_type == 'model' else none -%}
    {%- if rule is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set lines = [] -%}
    {%- set open = [['', rule]] -%}
    {%- for at, value in open -%}
        {%- if value is mapping -%}
            {%- do lines.append(at ~ '=mapping') -%}
            {%- for key, inner in value.items() -%}
                {%- do open.append([at ~ '.' ~ key, inner]) -%}
            {%- endfor -%}
        {%- elif value is sequence and value is not string -%}
            {%- do lines.append(at ~ '=list') -%}
            {%- for inner in value -%}
                {%- do open.append([at ~ '[' ~ loop.index0 ~ ']', inner]) -%}
            {%- endfor -%}
        {%- elif value is none -%}
            {%- do lines.append(at ~ '=nothing') -%}
        {%- elif value is boolean -%}
            {%- do lines.append(at ~ '=boolean ' ~ ('true' if value else 'false')) -%}
        {%- else -%}
            {%- do lines.append(at ~ '=' ~ ('number ' if value is number else 'text ') ~ value) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(local_md5(lines | join('\n'))) }}
{%- endmacro %}

{# The node of one of this package's own models, whatever else has that name. #}
{% macro library_node(name) -%}
    {{ return(graph.nodes.get('model.dbt_consent.' ~ name) or dbt_consent.segment_node(name)) }}
{%- endmacro %}

{#
    The enabled segments of all projects, by name: the models that call
    `dbt_consent.segment()` or carry a rule.
#}
{% macro segment_nodes() -%}
    {%- set found = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- if 'segment' in node.tags or 'segment' in node.config.meta -%}
            {%- do found.update({node.name: node}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#
    The listed segments that contact somebody, each with the purpose of its guard.

    Example
        {{ dbt_consent.segment_guards() }}   → {'newsletter_audience': 'newsletter'}
#}
{% macro segment_guards() -%}
    {%- set guards = {} -%}
    {%- for name in dbt_consent.setting('segments') -%}
        {%- set rule = dbt_consent.segment_rule(name) or {} -%}
        {%- if rule.get('contact_for') -%}
            {%- do guards.update({name: rule.contact_for}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(guards) }}
{%- endmacro %}
