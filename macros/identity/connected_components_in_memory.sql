{#
    The materialization of connected components on DuckDB: the edges go to memory and
    through scipy's depth-first search, at about half the cost of the SQL that runs
    everywhere, and with equal results. It needs memory beside DuckDB's own, about 100
    bytes per edge.

    Config
        in_memory  false: the SQL of the other engines, which DuckDB spills to disk (true)
#}
{% materialization connected_components, adapter='duckdb' %}
    {%- if not config.get('in_memory', true) -%}
        {{ return(dbt_consent.materialization_connected_components_default()) }}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set found = api.Relation.create(
        identifier=dbt_consent.scratch_prefix(this) ~ '_found', type='table'
    ) -%}
    {%- call statement('components', language='python') -%}
        {{ dbt_consent._components_in_python(found, compiled_code) }}
    {%- endcall -%}
    {%- do dbt_consent._replace_table(target_relation, 'select * from ' ~ found) -%}
    {%- do dbt_consent.drop_scratch_table(found) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The module that dbt-duckdb runs: it looks for these three names. #}
{% macro _components_in_python(found, edges_sql) -%}
import numpy
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

EDGES = {{ tojson(dbt_consent._edges_of_integers(edges_sql)) }}
COMPONENTS = {{ tojson(dbt_consent._components_as_bigint(found)) }}


def dbtObj(load):
    return None


def model(dbt, con):
    edges = con.execute(EDGES).fetchnumpy()
    one, other = (numpy.asarray(edges[end]) for end in ("node", "other_node"))
    size = int(max(one.max(initial=0), other.max(initial=0))) + 1
    if size <= 10 * len(one) + 1_000_000:
        nodes = numpy.arange(size)
    else:  # numbered with wide gaps: close them
        nodes, ends = numpy.unique(numpy.concatenate([one, other]), return_inverse=True)
        one, other = numpy.split(ends, 2)

    ties = coo_array((numpy.ones(len(one)), (one, other)), shape=(len(nodes), len(nodes)))
    count, component = connected_components(ties, directed=False)
    smallest = numpy.empty(count, dtype=nodes.dtype)
    smallest[component[::-1]] = nodes[::-1]  # of several, the last that is assigned stays

    is_tied = numpy.zeros(len(nodes), dtype=bool)
    is_tied[one] = is_tied[other] = True
    columns = {"record_id": nodes[is_tied], "component_id": smallest[component[is_tied]]}
    con.register("components", columns)
    return con.table("components")


def materialize(components, con):
    con.execute(COMPONENTS)
    con.unregister("components")
{%- endmacro %}

{% macro _edges_of_integers(edges_sql) -%}
    select
        cast(node as integer) as node,
        cast(other_node as integer) as other_node
    from (
        {{ edges_sql }}
    ) as edges
    where node <> other_node
{%- endmacro %}

{% macro _components_as_bigint(found) -%}
    create temporary table {{ found }} as
    select
        cast(record_id as bigint) as record_id,
        cast(component_id as bigint) as component_id
    from components
{%- endmacro %}
