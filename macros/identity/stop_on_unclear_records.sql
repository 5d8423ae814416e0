{#
    Stops the build when a record cannot be told from another, or belongs to nobody's
    source: two rows of one (source_name, source_record_id), a row without one of them, or
    a source that vars.customer_sources does not list. For the post-hook of the union of
    all records.

    Arguments
        records  the relation; record_id is dense over the record keys, so that two rows
                 of one key leave the largest record_id below the number of rows
#}
{% macro stop_on_unclear_records(records) -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set errors = [] -%}
        {%- set counts = run_query(
            'select count(*), coalesce(max(record_id), 0), count(source_name), count(source_record_id) from ' ~ records
        ).rows[0] -%}
        {%- if counts[2] < counts[0] or counts[3] < counts[0] -%}
            {%- do errors.append(
                (counts[0] - [counts[2], counts[3]] | min) ~ ' rows have no source_name or no source_record_id'
            ) -%}
        {%- elif counts[1] < counts[0] -%}
            {%- for row in run_query(
                'select source_name, source_record_id, count(*) from ' ~ records
                ~ ' group by source_name, source_record_id having count(*) > 1'
                ~ ' order by source_name, source_record_id limit 5'
            ) -%}
                {%- do errors.append("source '" ~ row[0] ~ "' has " ~ row[2] ~ " rows with source_record_id '" ~ row[1] ~ "'") -%}
            {%- endfor -%}
        {%- endif -%}
        {%- set known = dbt_consent.setting('customer_sources') -%}
        {%- for row in run_query(
            'select source_name, count(*) from ' ~ records ~ ' where source_name not in ('
            ~ dbt_consent.text_list(known) ~ ') group by source_name order by source_name limit 5'
        ) if known -%}
            {%- do errors.append(
                "'" ~ row[0] ~ "' (" ~ row[1] ~ ' rows) is no customer source'
                ~ dbt_consent.did_you_mean(row[0], known) ~ '; vars.customer_sources lists ' ~ known | join(', ')
            ) -%}
        {%- endfor -%}
        {%- if not known and counts[0] > 0 -%}
            {%- do errors.append('vars.customer_sources lists no source') -%}
        {%- endif -%}
        {%- if errors -%}
            {{ exceptions.raise_compiler_error(
                'The customer models break their contract: ' ~ errors | join('; ')
                ~ '. (source_name, source_record_id) is the key of a record.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
