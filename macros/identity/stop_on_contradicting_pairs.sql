{#
    Stops the build when a pair of records stands in always_match and in never_match, or a
    record is paired with itself: both would be decided by accident. For the post-hook of
    int_identity__match_pairs.

    Arguments
        pairs  the relation: kind, record_id, other_record_id
#}
{% macro stop_on_contradicting_pairs(pairs) -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set errors = [] -%}
        {%- for row in run_query(
            'select records.source_name, records.source_record_id, others.source_name, others.source_record_id'
            ~ ' from ('
            ~ 'select record_id, other_record_id from ' ~ pairs
            ~ ' group by record_id, other_record_id having count(*) > 1 or record_id = other_record_id'
            ~ ') as pairs'
            ~ ' inner join ' ~ ref('int_identity__records') ~ ' as records on pairs.record_id = records.record_id'
            ~ ' inner join ' ~ ref('int_identity__records') ~ ' as others on pairs.other_record_id = others.record_id'
            ~ ' order by pairs.record_id, pairs.other_record_id limit 5'
        ) -%}
            {%- do errors.append(
                row[0] ~ ' ' ~ row[1]
                ~ (' is paired with itself' if row[0] == row[2] and row[1] == row[3]
                   else ' and ' ~ row[2] ~ ' ' ~ row[3] ~ ' stand in both')
            ) -%}
        {%- endfor -%}
        {%- if errors -%}
            {{ exceptions.raise_compiler_error(
                'The seeds always_match and never_match contradict each other: ' ~ errors | join('; ') ~ '.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
