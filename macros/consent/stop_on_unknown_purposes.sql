{#
    Stops the build when a consent names a purpose that is neither declared nor ignored:
    a permission for an unknown purpose cannot be guessed, and neither can a denial.

    Arguments
        observed  the relation int_consent__observed

    Raises one compilation error with each label, its source and the file to map it in.
#}
{% macro stop_on_unknown_purposes(observed) -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set unknown = run_query(
            'select source_name, purpose, count(*) from ' ~ observed
            ~ ' where purpose not in (' ~ dbt_consent.text_list(dbt_consent.purposes().keys())
            ~ ') group by source_name, purpose order by source_name, purpose'
        ) -%}
        {%- if unknown.rows | length > 0 -%}
            {%- set found = [] -%}
            {%- for row in unknown -%}
                {%- do found.append("'" ~ row[1] ~ "' (source " ~ row[0] ~ ', ' ~ row[2] ~ ' rows)') -%}
            {%- endfor -%}
            {{ exceptions.raise_compiler_error(
                'Consent for a purpose that is not known: ' ~ found | join('; ')
                ~ '. Map each label to a purpose of vars.purposes, or to `ignored`, in '
                ~ 'seeds/reference/purpose_labels.csv.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
