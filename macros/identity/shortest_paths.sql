{#
    Materialization for a model whose SQL yields the ties of records
    (record_id bigint, profile_id text, tie_type text, tie_id bigint, strength_rank bigint).
    Two records of a profile are neighbours when they share (tie_type, tie_id). The table
    holds, for each record that ties reach from the smallest record of its profile, the
    neighbour on a shortest path to it:

        record_id bigint, matched_record_id bigint, tie_type text, tie_id bigint, steps bigint

    The smallest record itself has steps 0 and nulls. Among several neighbours that are one
    step nearer, the one with the strongest tie is taken, then the smallest record.

    Level by level: each round reaches the neighbours of those that the round before has
    reached, so that every tie is followed once. Most profiles are done in the first
    round. A round costs the same however few records are left, so that those of very long
    chains, far from their first record, are followed outside of the database.

    Config
        max_rounds  the rounds in the database (100)

    Raises when more than 500,000 ties of records are left after them.
#}
{% materialization shortest_paths, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set prefix = dbt_consent.scratch_prefix(this) -%}
    {%- set state = namespace(
        ties=dbt_consent.create_scratch_table(prefix ~ '_ties_0', compiled_code), reached=none
    ) -%}
    {%- set state.reached = dbt_consent.create_scratch_table(
        prefix ~ '_reached_0', dbt_consent._first_records(state.ties)
    ) -%}
    {%- set levels = [state.reached] -%}
    {%- for round in range(1, config.get('max_rounds', 100) + 1) -%}
        {%- set left = dbt_consent.create_scratch_table(
            prefix ~ '_ties_' ~ round, dbt_consent._ties_not_reached(state.ties, state.reached)
        ) -%}
        {%- set reached = dbt_consent.create_scratch_table(
            prefix ~ '_reached_' ~ round,
            dbt_consent._next_level(state.ties, state.reached, left, round)
        ) -%}
        {%- do dbt_consent.drop_scratch_table(state.ties) -%}
        {%- set state.ties = left -%}
        {%- set state.reached = reached -%}
        {%- do levels.append(reached) -%}
        {%- if dbt_consent._count_rows(reached) == 0 -%}{%- break -%}{%- endif -%}
    {%- endfor -%}

    {%- set far = dbt_consent._far_records(state.ties, state.reached, levels | length) -%}
    {%- do dbt_consent._replace_table(
        target_relation, dbt_consent._all_levels(levels) ~ dbt_consent._far_rows(far)
    ) -%}
    {%- for scratch in [state.ties] + levels -%}
        {%- do dbt_consent.drop_scratch_table(scratch) -%}
    {%- endfor -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro _first_records(ties) -%}
    select
        min(record_id) as record_id,
        cast(null as bigint) as matched_record_id,
        cast(null as {{ dbt.type_string() }}) as tie_type,
        cast(null as bigint) as tie_id,
        cast(0 as bigint) as steps
    from {{ ties }}
    group by profile_id
{%- endmacro %}

{% macro _ties_not_reached(ties, reached) -%}
    select ties.*
    from {{ ties }} as ties
    left join {{ reached }} as reached on ties.record_id = reached.record_id
    where reached.record_id is null
{%- endmacro %}

{# The records that share a tie with one that the round before has reached. #}
{% macro _next_level(ties, reached, left, round) -%}
    select
        record_id,
        matched_record_id,
        tie_type,
        tie_id,
        cast({{ round }} as bigint) as steps
    from (
        select
            further.record_id,
            followed.matched_record_id,
            further.tie_type,
            further.tie_id,
            row_number() over (
                partition by further.record_id
                order by
                    further.strength_rank, followed.matched_record_id,
                    further.tie_type, further.tie_id
            ) as choice
        from (
            select
                ties.profile_id,
                ties.tie_type,
                ties.tie_id,
                min(ties.record_id) as matched_record_id
            from {{ ties }} as ties
            inner join {{ reached }} as reached on ties.record_id = reached.record_id
            group by ties.profile_id, ties.tie_type, ties.tie_id
        ) as followed
        inner join {{ left }} as further
            on
                followed.tie_id = further.tie_id
                and followed.tie_type = further.tie_type
                and followed.profile_id = further.profile_id
    ) as choices
    where choice = 1
{%- endmacro %}

{% macro _all_levels(levels) -%}
    {%- for level in levels %}
    select * from {{ level }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}

{#
    The same for the records that the rounds have not come to, level by level from the last
    one: rows of the table, as lists.

    Arguments
        ties     of the records reached last and of those not reached
        reached  the records reached last
        level    number of the next level
#}
{% macro _far_records(ties, reached, level) -%}
    {%- set frontier = run_query('select record_id from ' ~ reached).columns[0].values() | list -%}
    {%- if not frontier -%}
        {{ return([]) }}
    {%- endif -%}
    {%- if dbt_consent._count_rows(ties) > 500000 -%}
        {{ exceptions.raise_compiler_error(
            'Identity: more than 500000 ties of records are left after ' ~ (level - 1) ~ ' steps from '
            ~ "the first record of their profile. Raise max_rounds in the config of '"
            ~ this.identifier ~ "'."
        ) }}
    {%- endif -%}
    {%- set members, ties_of = {}, {} -%}
    {%- for row in run_query(
        'select record_id, profile_id, tie_type, tie_id, strength_rank from ' ~ ties ~ ' order by record_id'
    ) -%}
        {%- set tie = (row[1], row[2], row[3]) -%}
        {%- do members.setdefault(tie, []).append(row[0]) -%}
        {%- do ties_of.setdefault(row[0], []).append((row[4], tie)) -%}
    {%- endfor -%}
    {%- set state = namespace(frontier=frontier | sort) -%}
    {%- set done = {} -%}
    {%- set rows = [] -%}
    {%- for record in frontier -%}{%- do done.update({record: true}) -%}{%- endfor -%}
    {%- for step in range(level, level + ties_of | length + 1) -%}
        {%- if not state.frontier -%}{%- break -%}{%- endif -%}
        {#- of each tie of the level before, its first record; then each record's best tie -#}
        {%- set followed, best = {}, {} -%}
        {%- for record in state.frontier -%}
            {%- for rank, tie in ties_of.get(record, []) -%}
                {%- do followed.setdefault(tie, (rank, record)) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for tie, way in followed.items() -%}
            {%- for record in members[tie] if record not in done -%}
                {%- if record not in best or (way, tie) < best[record] -%}
                    {%- do best.update({record: (way, tie)}) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for record, (way, tie) in best.items() -%}
            {%- do done.update({record: true}) -%}
            {%- do rows.append([record, way[1], tie[1], tie[2], step]) -%}
        {%- endfor -%}
        {%- set state.frontier = best.keys() | sort -%}
    {%- endfor -%}
    {{ return(rows) }}
{%- endmacro %}

{% macro _far_rows(rows) -%}
    {%- if rows %}

    union all
    select
        cast(record_id as bigint) as record_id,
        cast(matched_record_id as bigint) as matched_record_id,
        cast(tie_type as {{ dbt.type_string() }}) as tie_type,
        cast(tie_id as bigint) as tie_id,
        cast(steps as bigint) as steps
    from (
        values
        {%- for row in rows %}
        ({{ row[0] }}, {{ row[1] }}, '{{ row[2] }}', {{ row[3] }}, {{ row[4] }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as far (record_id, matched_record_id, tie_type, tie_id, steps)
    {%- endif %}
{%- endmacro %}
