{#
    The leaf `field`: an attribute of the profile, or a column of the activity whose rows
    are asked for. Tests are those of operators/tests.sql.
#}
{% macro _read_field(read, scope, condition) -%}
    {%- set given = condition.given -%}
    {%- set name = given.field -%}
    {%- if name is not string or name not in scope.columns -%}
        {%- do read.errors.append(
            condition.at ~ '.field: ' ~ dbt_consent._unknown_field(read, scope, name)
        ) -%}
    {%- else -%}
        {%- set field = dbt_consent._field(scope, name) -%}
        {%- if name in scope.contact_keys -%}
            {%- do field.update({'only': ['is_missing'], 'why': 'a contact key may only be asked for with is_missing'}) -%}
        {%- endif -%}
        {%- set tests = dbt_consent._read_tests(read, scope, field, given, ['field'], condition.at) -%}
        {%- if tests -%}
            {%- do dbt_consent._set_leaf(condition, tests, {name: field.sql}) -%}
        {%- elif given | length == 1 -%}
            {%- do read.errors.append(
                condition.at ~ ": there is no operator; say what is asked of '" ~ name ~ "', such as {field: "
                ~ name ~ ', is_missing: false}.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# What to say of a name that is no field of the scope. #}
{% macro _unknown_field(read, scope, name) -%}
    {%- if name is string and name in read.profile.consents and scope.alias == 'profiles' -%}
        {{ return("'" ~ name ~ "' is no field; write {consent: " ~ name[8:] ~ '}.') }}
    {%- endif -%}
    {{ return(
        dbt_consent._shown(name) ~ ' is no field of ' ~ scope.of
        ~ dbt_consent.did_you_mean(name, scope.columns.keys() | list) ~ '.'
    ) }}
{%- endmacro %}
