{#
    The purposes that each export depends on: what its segment contacts people for, `sale`
    where a third party receives it, all their ancestors, and `storage`.

    Read from the exposures of the project's graph, which is known at execution only: an
    empty list when parsing.

    Returns a list of {export_name, purpose}.

    Example
        {{ dbt_consent.export_purposes() }}
        → [{'export_name': 'newsletter', 'purpose': 'newsletter'}, …, 'use', 'storage']
#}
{% macro export_purposes() -%}
    {%- set pairs = [] -%}
    {%- if execute -%}
        {%- for exposure in graph.exposures.values() -%}
            {%- set export = exposure.config.get('meta', {}).get('export') -%}
            {%- if export is mapping -%}
                {%- set purposes = ['storage'] -%}
                {%- for node_id in exposure.depends_on.nodes -%}
                    {%- set rule = graph.nodes.get(node_id, {}).get('config', {}).get('meta', {}).get('segment') or {} -%}
                    {%- if rule.get('contact_for') in dbt_consent.purposes() -%}
                        {%- do purposes.append(rule.contact_for) -%}
                        {%- do purposes.extend(dbt_consent.purpose_ancestors(rule.contact_for)) -%}
                    {%- endif -%}
                {%- endfor -%}
                {%- if export.get('third_party') -%}
                    {%- do purposes.append('sale') -%}
                {%- endif -%}
                {%- for purpose in purposes | unique -%}
                    {%- do pairs.append({'export_name': exposure.name, 'purpose': purpose}) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(pairs) }}
{%- endmacro %}
