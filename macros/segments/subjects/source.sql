{# The leaf `source`: the profile has a record from that source system. #}
{% macro _read_source(read, condition) -%}
    {%- set at = condition.at -%}
    {%- set source = condition.given.source -%}
    {%- set known = dbt_consent.setting('customer_sources') -%}
    {%- do dbt_consent._reject_other_keys(read, condition.given, ['source'], at) -%}
    {%- if source is not string or source not in known -%}
        {%- do read.errors.append(
            at ~ '.source: ' ~ dbt_consent._shown(source) ~ ' is no source of customers'
            ~ dbt_consent.did_you_mean(source, known) ~ '; vars.customer_sources lists them.'
        ) -%}
    {%- else -%}
        {%- set alias = dbt_consent._join(
            read, 'records', 'source ' ~ source,
            'select profile_id\nfrom ' ~ read.relations.records
            ~ '\nwhere source_name = ' ~ dbt_consent.text_literal(source) ~ '\ngroup by profile_id'
        ) -%}
        {%- set has_record = alias ~ '.profile_id is not null' -%}
        {%- do dbt_consent._set_leaf(condition, [has_record], {'record from ' ~ source: has_record}) -%}
    {%- endif -%}
{%- endmacro %}
