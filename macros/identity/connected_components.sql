{#
    Materialization for a model whose SQL yields the edges of an undirected graph
    (node bigint, other_node bigint), both below 2^31. The table holds the connected
    components: one row per node that has an edge to another node, with the smallest node
    of its component.

        record_id bigint, component_id bigint

    Randomised contraction: in each round every node picks, among itself and its
    neighbours, the one whose pseudo-random number is smallest; the edges are rewritten to
    the picks, loops and copies drop out, and what remains is a smaller graph, on average
    by a constant share. When no edge is left, the picks are followed back from the last
    round to the first. The work is that of the first round times a constant, and the
    number of rounds grows with the logarithm of the graph, chains included.

    A pick is one minimum: the number h(w) = (a*w + b) mod (2^31 - 1) and the node w are
    packed into h * 2^31 + w. a and b change from round to round in a fixed way, so that
    the same input takes the same path.

    Config
        max_rounds  raises when edges are left after so many rounds (100)

    Two runs at once do not meet (see scratch_prefix), and leftovers of a killed run disturb
    nobody. On DuckDB connected_components_in_memory.sql takes
    this one's place.
#}
{% materialization connected_components, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set labels = dbt_consent._contract_graph(
        dbt_consent.scratch_prefix(this), compiled_code, config.get('max_rounds', 100)
    ) -%}
    {%- do dbt_consent._replace_table(
        target_relation, dbt_consent._smallest_node_per_component(labels)
    ) -%}
    {%- do dbt_consent.drop_scratch_table(labels) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# Runs the rounds and returns the scratch table (node, label) of the finished labels. #}
{% macro _contract_graph(prefix, edges_sql, max_rounds) -%}
    {%- set state = namespace(
        edges=dbt_consent.create_scratch_table(
            prefix ~ '_edges_0', dbt_consent._canonical_edges(edges_sql)
        ),
        multiplier=48271, offset=0, labels=none,
    ) -%}
    {%- set picks = [] -%}
    {%- for round in range(1, max_rounds + 1) -%}
        {%- if dbt_consent._count_rows(state.edges) == 0 -%}{%- break -%}{%- endif -%}
        {%- set state.multiplier = (state.multiplier * 48271) % 2147483647 -%}
        {%- set state.offset = (state.offset * 16807 + 12345) % 2147483647 -%}
        {%- set picked = dbt_consent.create_scratch_table(
            prefix ~ '_picks_' ~ round,
            dbt_consent._pick_neighbours(state.edges, state.multiplier, state.offset)
        ) -%}
        {%- do picks.append(picked) -%}
        {%- set edges = dbt_consent.create_scratch_table(
            prefix ~ '_edges_' ~ round, dbt_consent._rewrite_edges(state.edges, picked)
        ) -%}
        {%- do dbt_consent.drop_scratch_table(state.edges) -%}
        {%- set state.edges = edges -%}
    {%- endfor -%}
    {%- set left = dbt_consent._count_rows(state.edges) -%}
    {%- if left > 0 -%}
        {{ exceptions.raise_compiler_error(
            "Connected components: " ~ left ~ " edges are left after max_rounds = " ~ max_rounds
            ~ " rounds, so that records of one person would stay apart. Raise max_rounds in the "
            ~ "config of '" ~ this.identifier ~ "'; a graph of a billion edges takes about 60."
        ) }}
    {%- endif -%}
    {%- do dbt_consent.drop_scratch_table(state.edges) -%}
    {%- if not picks -%}
        {{ return(dbt_consent.create_scratch_table(
            prefix ~ '_labels_0',
            'select cast(null as bigint) as node, cast(null as bigint) as label where 1 = 0'
        )) }}
    {%- endif -%}

    {%- set state.labels = picks[-1] -%}
    {%- for picked in picks[:-1] | reverse -%}
        {%- set labels = dbt_consent.create_scratch_table(
            prefix ~ '_labels_' ~ loop.index, dbt_consent._follow_picks(picked, state.labels)
        ) -%}
        {%- do dbt_consent.drop_scratch_table(picked) -%}
        {%- do dbt_consent.drop_scratch_table(state.labels) -%}
        {%- set state.labels = labels -%}
    {%- endfor -%}
    {{ return(state.labels) }}
{%- endmacro %}

{% macro _count_rows(relation) -%}
    {{ return(run_query('select count(*) from ' ~ relation).columns[0].values()[0] | int) }}
{%- endmacro %}

{% macro _canonical_edges(edges_sql) -%}
    select
        least(node, other_node) as node,
        greatest(node, other_node) as other_node
    from (
        {{ edges_sql }}
    ) as edges
    where node <> other_node
    group by least(node, other_node), greatest(node, other_node)
{%- endmacro %}

{% macro _packed(node, multiplier, offset) -%}
    ({{ node }} * {{ multiplier }} + {{ offset }}) % 2147483647 * 2147483648 + {{ node }}
{%- endmacro %}

{% macro _pick_neighbours(edges, multiplier, offset) -%}
    select
        node,
        least(min(neighbour), {{ dbt_consent._packed('node', multiplier, offset) }})
            % 2147483648 as label
    from (
        select node, {{ dbt_consent._packed('other_node', multiplier, offset) }} as neighbour
        from {{ edges }}
        union all
        select other_node as node, {{ dbt_consent._packed('node', multiplier, offset) }} as neighbour
        from {{ edges }}
    ) as neighbours
    group by node
{%- endmacro %}

{% macro _rewrite_edges(edges, picks) -%}
    select
        least(picks.label, other_picks.label) as node,
        greatest(picks.label, other_picks.label) as other_node
    from {{ edges }} as edges
    inner join {{ picks }} as picks on edges.node = picks.node
    inner join {{ picks }} as other_picks on edges.other_node = other_picks.node
    where picks.label <> other_picks.label
    group by
        least(picks.label, other_picks.label),
        greatest(picks.label, other_picks.label)
{%- endmacro %}

{# A pick that had no edge in the next round is the label itself. #}
{% macro _follow_picks(picks, labels) -%}
    select
        picks.node,
        coalesce(labels.label, picks.label) as label
    from {{ picks }} as picks
    left join {{ labels }} as labels on picks.label = labels.node
{%- endmacro %}

{% macro _smallest_node_per_component(labels) -%}
    select
        labels.node as record_id,
        smallest.component_id
    from {{ labels }} as labels
    inner join (
        select label, min(node) as component_id
        from {{ labels }}
        group by label
    ) as smallest
        on labels.label = smallest.label
{%- endmacro %}

{# Builds a table beside the old one, under a name of its own, and puts it in its place. #}
{% macro _replace_table(target_relation, sql) -%}
    {{ return(adapter.dispatch('_replace_table', 'dbt_consent')(target_relation, sql)) }}
{%- endmacro %}

{% macro default___replace_table(target_relation, sql) -%}
    {%- set fresh = target_relation.incorporate(
        path={'identifier': dbt_consent.scratch_prefix(target_relation) ~ '_fresh'}
    ) -%}
    {%- call statement('main') -%}
        {{ create_table_as(False, fresh, sql) }}
    {%- endcall -%}
    {%- do adapter.drop_relation(load_cached_relation(target_relation) or target_relation) -%}
    {%- do adapter.rename_relation(fresh, target_relation) -%}
{%- endmacro %}

{% macro spark___replace_table(target_relation, sql) -%}
    {%- set existing = load_cached_relation(target_relation) -%}
    {%- if existing is not none -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {{ create_table_as(False, target_relation, sql) }}
    {%- endcall -%}
{%- endmacro %}
