{#
    Stops a run that starts before one that this warehouse has seen already, because the
    clock was set back or loads are replayed out of order: what it saw would be stamped
    earlier than what was known before it, and history would no longer be true. Called
    from `on-run-start`.

    Example
        on-run-start: ["{{ dbt_consent.require_time_to_go_on() }}"]
#}
{% macro require_time_to_go_on() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] and not dbt_consent.is_as_of_run() -%}
        {%- set results = dbt_consent.node_results() -%}
        {%- if load_relation(results) is not none -%}
            {%- set last = run_query(
                'select max(observed_at) from ' ~ results ~ ' where observed_at > '
                ~ dbt_consent.observed_at()
            ).columns[0].values()[0] -%}
            {%- if last is not none -%}
                {{ exceptions.raise_compiler_error(
                    'This run starts at ' ~ dbt_consent.run_clock('observed_at')
                    ~ ' UTC, before one that this warehouse has seen already (' ~ last
                    ~ '). Check the clock of this machine, CONSENT_NOW and `vars: observed_at:`.'
                ) }}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
