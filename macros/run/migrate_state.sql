{#
    Brings the tables of state to what this version of the project expects, before
    anything reads them. Called from `on-run-start`.

    The table `state_version` says which migrations a warehouse has had. A new warehouse
    has nothing to migrate; one that a newer version has written is refused. Each
    migration may be repeated, so a run that is killed in between is finished by the
    next one.

    Example
        on-run-start: ["{{ dbt_consent.migrate_state() }}"]
#}
{% macro migrate_state() -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'freshness'] and not dbt_consent.is_as_of_run() -%}
        {%- set wanted = dbt_consent.state_migrations() | length + 1 -%}
        {%- set found = dbt_consent._found_state_version() -%}
        {%- if found > wanted -%}
            {{ exceptions.raise_compiler_error(
                'The state of this warehouse is of version ' ~ found ~ ', and this version of '
                ~ 'dbt_consent knows versions up to ' ~ wanted ~ ' only. Install the version '
                ~ 'that wrote it, or a later one.'
            ) }}
        {%- endif -%}
        {%- if found -%}
            {%- for version in range(found, wanted) -%}
                {%- set migration = dbt_consent.state_migrations()[version - 1] -%}
                {%- do dbt_consent._add_columns(migration) -%}
                {%- if migration.fill is defined
                    and load_relation(dbt_consent.model_relation(migration.table)) is not none -%}
                    {%- do run_query(migration.fill) -%}
                {%- endif -%}
                {%- do dbt_consent._stamp_state_version(version + 1) -%}
                {%- do log('state of version ' ~ (version + 1) ~ ': ' ~ migration.why, info=true) -%}
            {%- endfor -%}
        {%- else -%}
            {%- do dbt_consent._stamp_state_version(wanted) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#
    The migrations, in order and for ever: the first one leads from version 1, the state
    of release 0.1.0, to version 2. Each adds columns to one table:
    {why, table, columns: {name: dbt type}, fill: SQL}. A column starts null; `fill`, where
    there is one, gives it the value that the old rows stand for.
#}
{% macro state_migrations() -%}
    {{ return([
        {
            'why': 'runs are recorded with their command, sizes, age of sources and log',
            'table': 'refreshes',
            'columns': {
                'command': dbt.type_string(),
                'row_counts': dbt.type_string(),
                'freshness': dbt.type_string(),
                'log': dbt.type_string(),
            },
        },
        {
            'why': 'what was sent is kept per destination: deliveries',
            'table': 'deliveries',
            'columns': {'destination': dbt.type_string()},
            'fill': dbt_consent._destination_of_deliveries(),
        },
        {
            'why': 'what was sent is kept per destination: its members',
            'table': 'delivered_members',
            'columns': {'destination': dbt.type_string()},
            'fill': dbt_consent._destination_of_members(),
        },
        {
            'why': 'what was said is kept word by word, with the stretches in which it was there',
            'table': 'consent_events',
            'columns': dbt_consent.columns_of_evidence(),
            'fill': dbt_consent.evidence_from_meanings(),
        },
        {
            'why': 'tombstones follow the evidence that made them',
            'table': 'tombstones',
            'columns': {'made_by': dbt.type_string()},
        },
        {
            'why': 'deliveries are compared with their certificates',
            'table': 'deliveries',
            'columns': {'certificate_sha256': dbt.type_string()},
        },
        {
            'why': 'each build keeps a fingerprint of the rules that its segments were made by',
            'table': 'node_results',
            'columns': {'rule_fingerprint': dbt.type_string()},
        },
        {
            'why': 'deliveries say where their proof is',
            'table': 'deliveries',
            'columns': {'proof': dbt.type_string()},
        },
    ]) }}
{%- endmacro %}

{# A delivery is a folder of its destination. #}
{% macro _destination_of_deliveries() -%}
    update {{ dbt_consent.model_relation('deliveries') }}
    set destination = regexp_replace(location, '/[^/]*$', '')
    where destination is null
{%- endmacro %}

{# Until then an export had one ledger: it is that of the destination it delivered to last. #}
{% macro _destination_of_members() -%}
    {%- set deliveries = dbt_consent.model_relation('deliveries') -%}
    update {{ dbt_consent.model_relation('delivered_members') }} as members
    set destination = coalesce((
        select max(last_one.destination)
        from {{ deliveries }} as last_one
        where
            last_one.export_name = members.export_name
            and last_one.status = 'delivered'
            and last_one.delivered_at = (
                select max(others.delivered_at)
                from {{ deliveries }} as others
                where
                    others.export_name = members.export_name
                    and others.status = 'delivered'
            )
    ), 'unknown')
    where destination is null
{%- endmacro %}

{# A table of state that is no model, in the target's own schema. #}
{% macro state_table(name) -%}
    {{ return(api.Relation.create(
        database=target.get('database'), schema=target.schema, identifier=name
    )) }}
{%- endmacro %}

{#
    The version in the warehouse: 0 when it is new, 1 when there is state from before
    versions were written down.
#}
{% macro _found_state_version() -%}
    {%- if load_relation(dbt_consent.state_table('state_version')) is not none -%}
        {{ return(run_query(
            'select max(version) from ' ~ dbt_consent.state_table('state_version')
        ).columns[0].values()[0] | int) }}
    {%- endif -%}
    {{ return(1 if load_relation(dbt_consent.node_results()) is not none else 0) }}
{%- endmacro %}

{% macro _stamp_state_version(version) -%}
    {%- set table = dbt_consent.state_table('state_version') -%}
    {%- do adapter.create_schema(table) -%}
    {%- do run_query(
        'create table if not exists ' ~ table ~ ' (version ' ~ dbt.type_bigint()
        ~ ', migrated_at ' ~ dbt.type_timestamp() ~ ')'
    ) -%}
    {%- do run_query(
        'insert into ' ~ table ~ ' values (' ~ version ~ ', ' ~ dbt_consent.observed_at() ~ ')'
    ) -%}
{%- endmacro %}

{% macro _add_columns(migration) -%}
    {%- set relation = load_relation(dbt_consent.model_relation(migration.table)) -%}
    {%- if relation is not none -%}
        {%- set there = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
        {%- for name, type in migration.columns.items() if name not in there -%}
            {%- do run_query('alter table ' ~ relation ~ ' add column ' ~ name ~ ' ' ~ type) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
