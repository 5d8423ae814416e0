{#
    When the last run before this one wrote a table of state, as a timestamp literal; this
    run's own start where that is not known.

    Arguments
        relation  the table; `this` of its model
#}
{% macro last_load_at(relation) -%}
    {%- set found = namespace(at=none) -%}
    {%- if execute and load_relation(dbt_consent.node_results()) is not none -%}
        {%- set found.at = run_query(
            'select max(observed_at) from ' ~ dbt_consent.node_results()
            ~ " where status = 'success' and node_id = " ~ dbt_consent.text_literal(model.unique_id)
            ~ ' and observed_at < ' ~ dbt_consent.observed_at()
        ).columns[0].values()[0] -%}
    {%- endif -%}
    {{ return(
        dbt_consent.observed_at() if found.at is none
        else dbt_consent.timestamp_literal(found.at)
    ) }}
{%- endmacro %}
