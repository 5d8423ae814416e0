{#
    A run for another moment reads state and never writes it. Before the first ordinary
    run there is none to read: one clear error instead of a missing table.
#}
{% macro require_state_for_as_of_run() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] and dbt_consent.is_as_of_run() -%}
        {%- set states = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and 'state' in node.tags -%}
            {%- do states.append(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) -%}
        {%- endfor -%}
        {%- for relation in states if load_relation(relation) is none -%}
            {{ exceptions.raise_compiler_error(
                'A run with as_of or known_at reads what earlier runs have kept, and there is no '
                ~ relation ~ ' yet. Run `dbt build` once without them first.'
            ) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
