{#
    The purposes that each export depends on, as chains: what its segment contacts for
    and its ancestors, `sale` where a third party receives it, and `storage`.

    Read from the exposures of the project's graph, which is known at execution only: an
    empty list when parsing.

    Returns a list of {export_name, chain, depth, purpose}. A denial of a purpose is
    lifted by a later grant of one of its own chain that is not deeper.

    Example
        {{ dbt_consent.export_purposes() }}
        → one entry per export and purpose, such as
        {'export_name': 'news', 'chain': 'newsletter', 'depth': 1, 'purpose': 'use'}
#}
{% macro export_purposes() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- set purposes = dbt_consent.purposes() -%}
        {%- for exposure in graph.exposures.values() -%}
            {%- set export = exposure.config.get('meta', {}).get('export') -%}
            {%- if export is mapping -%}
                {%- set chains = ['storage'] + (['sale'] if export.get('third_party') else []) -%}
                {%- for node_id in exposure.depends_on.nodes -%}
                    {%- set node = graph.nodes.get(node_id, {}) -%}
                    {%- set rule = node.get('config', {}).get('meta', {}).get('segment') or {} -%}
                    {%- if rule.get('contact_for') in purposes -%}
                        {%- do chains.append(rule.contact_for) -%}
                    {%- endif -%}
                {%- endfor -%}
                {%- for chain in chains -%}
                    {%- for purpose in [chain] + purposes[chain].ancestors -%}
                        {%- do found.append({
                            'export_name': exposure.name,
                            'chain': chain,
                            'depth': loop.index0,
                            'purpose': purpose,
                        }) -%}
                    {%- endfor -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}
