{#
    The columns of a contact point model after its contract was checked: a list of names,
    `raw_key_value` among them where it has one.

    Arguments
        relation  the contact point model

    Raises one compilation error that names the model and each column that is missing or
    has another type.
#}
{% macro contact_point_columns(relation) -%}
    {{ return(dbt_consent.require_columns(relation, {
        'source_name': 'string', 'source_record_id': 'string',
        'key_type': 'string', 'key_value': 'string',
    })) }}
{%- endmacro %}

{#
    Stops the build when a contact point model has a row of a kind that is no alternate
    key, or without a record: it would tie nobody in silence. For the post-hook of
    int_identity__further_keys.

    Arguments
        further_keys  the relation
#}
{% macro stop_on_unknown_key_types(further_keys) -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set known = dbt_consent.alternate_keys() -%}
        {%- set errors = [] -%}
        {%- for row in run_query(
            'select model_name, key_type, count(*) from ' ~ further_keys
            ~ ' where key_type is null or key_type not in (' ~ dbt_consent.text_list(known) ~ ')'
            ~ ' group by model_name, key_type order by model_name, key_type limit 5'
        ) -%}
            {%- do errors.append(
                row[0] ~ ": key_type '" ~ row[1] ~ "' (" ~ row[2] ~ ' rows) is no alternate key'
                ~ dbt_consent.did_you_mean(row[1] or '', known)
            ) -%}
        {%- endfor -%}
        {%- for row in run_query(
            'select model_name, count(*) from ' ~ further_keys
            ~ ' where source_name is null or source_record_id is null'
            ~ ' group by model_name order by model_name limit 5'
        ) -%}
            {%- do errors.append(row[0] ~ ': ' ~ row[1] ~ ' rows have no source_name or no source_record_id') -%}
        {%- endfor -%}
        {%- if errors -%}
            {{ exceptions.raise_compiler_error(
                'The contact point models break their contract: ' ~ errors | join('; ')
                ~ '. Alternate keys are ' ~ known | join(', ') ~ '.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
