{#
    Everything that is wrong with the segments of the project, and what they warn of: the
    list in vars, each rule, each call. The messages are those of the build.

    Returns {errors, warnings}, lists of texts; as an operation it also logs them as one
    line of JSON, for `consent validate`.

    Example
        dbt run-operation dbt_consent.validate_segments
#}
{% macro validate_segments() -%}
    {%- set errors = [] -%}
    {%- set warnings = [] -%}
    {%- if execute -%}
        {%- do errors.extend(dbt_consent.segment_list_errors()) -%}
        {%- set relations = dbt_consent.stored_relations() -%}
        {%- for name, node in dbt_consent.segment_nodes().items() -%}
            {%- set read = dbt_consent.read_segment(
                name, node.config.meta.get('segment'), {'relations': relations}
            ) -%}
            {%- if 'segment' not in node.tags -%}
                {%- do read.errors.append(
                    read.sql_file ~ ': the model has a rule, but its SQL does not use it. Write: '
                    ~ dbt_consent._segment_call(read.uses, read.activities, read.lists)
                ) -%}
            {%- else -%}
                {%- set call = node.config.meta.segment_call -%}
                {%- do dbt_consent._check_segment_call(read, call.uses, call.activities, call.lists) -%}
            {%- endif -%}
            {%- do errors.extend(read.errors) -%}
            {%- do warnings.extend(read.warnings) -%}
        {%- endfor -%}
        {%- set found = {'errors': errors | unique | list, 'warnings': warnings | unique | list} -%}
        {%- do log('dbt_consent.validate_segments ' ~ tojson(found)) -%}
        {{ return(found) }}
    {%- endif -%}
{%- endmacro %}

{# What segments read, by the graph: for operations, which have no place in the lineage. #}
{% macro stored_relations() -%}
    {{ return({
        'profiles': dbt_consent.library_node('profiles').relation_name,
        'consents': dbt_consent.library_node('profile_consents').relation_name,
        'statuses': dbt_consent.library_node('int_consent__profile_statuses').relation_name,
        'records': dbt_consent.library_node('int_identity__record_profiles').relation_name,
        'permissions': dbt_consent.library_node('contact_point_permissions').relation_name,
        'grants': dbt_consent.library_node('int_consent__deciding_grants').relation_name,
        'points': dbt_consent.library_node('profile_contact_points').relation_name,
        'former_points': dbt_consent.library_node('int_identity__former_points').relation_name,
        'successors': dbt_consent.library_node('int_identity__successors').relation_name,
        'deliveries': dbt_consent.library_node('deliveries').relation_name,
        'delivered_members': dbt_consent.library_node('delivered_members').relation_name,
        'activities': {},
        'lists': {},
    }) }}
{%- endmacro %}
