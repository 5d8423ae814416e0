{#
    Reads a rule: everything that is wrong with it, and when nothing is, the SQL of each of
    its conditions. Compiler, validation and explain share it.

    Arguments
        name     the segment's name
        rule     the rule as in its properties file, or none
        options  relations  what _segment_relations gives
                 as_of      the moment to decide for, `YYYY-MM-DD HH:MM:SS.ffffff` in UTC;
                            the run's own unless given

    Returns a dictionary
        name, file, sql_file    the segment and where it stands
        errors, warnings        lists of texts: file, path inside the rule, what is wrong
        contact_for, attributes the guard's purpose or none, and the columns to show
        uses, activities, lists what the rule names itself, not what it inlines
        limit                   {to, order}: how many, and the SQL that they are ordered by; or none
        chosen                  subqueries with the contact points that the rule asks for
        conditions              the rule as a flat list in which parents come before their
                                children: {id, parent, children, group, at, sql, …}
        joins                   what its conditions need beside `profiles`
#}
{% macro read_segment(name, rule, options) -%}
    {%- set node = dbt_consent.segment_node(name) -%}
    {%- set sql_file = node.original_file_path if node else 'models/segments/' ~ name ~ '.sql' -%}
    {%- set file = (node.patch_path or '').split('://')[-1] if node else '' -%}
    {%- set read = dbt_consent._new_reading(name, file or sql_file[:-4] ~ '.yml', options) -%}
    {%- do read.update({'sql_file': sql_file}) -%}

    {%- if node and modules.re.search('\\bmeta\\s*=|["\']meta["\']\\s*:', modules.re.sub('(?s)[{]#.*?#[}]', '', node.raw_code or '')) -%}
        {%- do read.errors.append(
            sql_file ~ ': config: `meta` in the SQL of a segment is not read as written. Write the rule'
            ~ ' under config: meta: segment: of ' ~ read.file ~ ', and what else is meta beside it.'
        ) -%}
    {%- endif -%}
    {%- if rule is none -%}
        {%- set others = (node.config.meta if node else {}).keys() | reject('equalto', 'segment_call') | list -%}
        {%- do read.errors.append(
            read.file ~ ': config.meta: there is no `segment` with the rule'
            ~ ("; there is '" ~ others | join("', '") ~ "'" if others else '')
            ~ '. Write at least: {segment: {contact_for: <purpose>}}.'
        ) -%}
    {%- elif rule is not mapping -%}
        {%- do read.errors.append(
            read.file ~ ': segment: the rule is ' ~ dbt_consent._kind_of(rule)
            ~ '; write a mapping such as {contact_for: newsletter}.'
        ) -%}
    {%- else -%}
        {%- for key in rule if key not in read.language.rule -%}
            {%- do read.errors.append(
                read.file ~ ': ' ~ key ~ ': unknown key'
                ~ dbt_consent.did_you_mean(key, read.language.rule.keys() | list)
                ~ '; a rule has ' ~ read.language.rule.keys() | join(', ') ~ '.'
            ) -%}
        {%- endfor -%}
        {%- do dbt_consent._read_guard(read, rule) -%}
        {%- do dbt_consent._read_attributes(read, rule) -%}
        {%- if 'limit' in rule -%}
            {%- do dbt_consent._read_limit(read, rule.limit, read.file ~ ': limit') -%}
        {%- endif -%}
        {%- if 'where' in rule -%}
            {%- do read.update({'conditions': dbt_consent._read_conditions(
                read, read.profile, rule.where, read.file ~ ': where', [name]
            )}) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(read) }}
{%- endmacro %}

{% macro _new_reading(name, file, options) -%}
    {%- set as_of = options.get('as_of') or dbt_consent.run_clock('as_of') -%}
    {%- set zone = dbt_consent._rule_time_zone() -%}
    {%- set today = dbt_consent._local_day(zone, modules.datetime.datetime.fromisoformat(as_of)) -%}
    {{ return({
        'name': name,
        'file': file,
        'language': dbt_consent.segment_language(),
        'errors': [],
        'warnings': [],
        'as_of': as_of,
        'zone': zone,
        'today': today,
        'relations': options.relations,
        'profile': dbt_consent._profile_scope(),
        'contact_for': none,
        'attributes': [],
        'uses': [],
        'activities': [],
        'lists': [],
        'limit': none,
        'chosen': [],
        'conditions': [],
        'joins': {},
    }) }}
{%- endmacro %}

{% macro _rule_time_zone() -%}
    {%- set name = dbt_consent.setting('time_zone') -%}
    {%- if name not in modules.pytz.all_timezones -%}
        {{ exceptions.raise_compiler_error(
            "vars.time_zone: '" ~ name ~ "' is no time zone"
            ~ dbt_consent.did_you_mean(name, modules.pytz.common_timezones)
            ~ '; write a name such as Europe/Amsterdam.'
        ) }}
    {%- endif -%}
    {{ return(modules.pytz.timezone(name)) }}
{%- endmacro %}

{# The guard: exactly one of contact_for and contacts_nobody. #}
{% macro _read_guard(read, rule) -%}
    {%- set purpose = rule.get('contact_for') -%}
    {%- set reason = rule.get('contacts_nobody') -%}
    {%- if 'contact_for' in rule and 'contacts_nobody' in rule -%}
        {%- do read.errors.append(read.file ~ ': contact_for: a rule has contact_for or contacts_nobody, not both.') -%}
    {%- elif 'contact_for' not in rule and 'contacts_nobody' not in rule -%}
        {%- do read.errors.append(
            read.file ~ ': segment: there is no guard. Write contact_for: <purpose>, or'
            ~ ' contacts_nobody: "<the reason>".'
        ) -%}
    {%- elif 'contacts_nobody' in rule -%}
        {%- if reason is not string or not reason | trim -%}
            {%- do read.errors.append(read.file ~ ': contacts_nobody: write the reason as a text.') -%}
        {%- endif -%}
    {%- else -%}
        {%- set purposes = dbt_consent.purposes() -%}
        {%- if purpose is not string or purpose not in purposes -%}
            {%- do read.errors.append(
                read.file ~ ': contact_for: ' ~ dbt_consent._shown(purpose) ~ ' is no purpose'
                ~ dbt_consent.did_you_mean(purpose, purposes.keys() | list) ~ '.'
            ) -%}
        {%- elif not purposes[purpose].channel -%}
            {%- do read.errors.append(
                read.file ~ ": contact_for: the purpose '" ~ purpose ~ "' has no channel, so nobody"
                ~ ' can be contacted for it. Ask for it in a condition: {consent: ' ~ purpose ~ '}.'
            ) -%}
        {%- else -%}
            {%- do read.update({'contact_for': purpose}) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro _read_attributes(read, rule) -%}
    {%- set given = rule.get('attributes', []) -%}
    {%- if given is string or given is mapping or given is not sequence -%}
        {%- do read.errors.append(read.file ~ ': attributes: write a list of names, such as [first_name, country].') -%}
    {%- else -%}
        {%- for attribute in given -%}
            {%- set at = read.file ~ ': attributes[' ~ loop.index0 ~ ']: ' -%}
            {%- if attribute is string and attribute in read.language.reserved_attributes -%}
                {%- do read.errors.append(at ~ "'" ~ attribute ~ "' is a column of every segment; leave it out.") -%}
            {%- elif attribute is string and attribute in read.profile.contact_keys -%}
                {%- do read.errors.append(
                    at ~ "'" ~ attribute ~ "' is a contact key; the guard supplies the only one, and it"
                    ~ ' is the permitted one. Leave it out.'
                ) -%}
            {%- elif attribute is not string or attribute not in read.profile.columns -%}
                {%- do read.errors.append(
                    at ~ dbt_consent._shown(attribute) ~ ' is no attribute of a profile'
                    ~ dbt_consent.did_you_mean(attribute, read.profile.columns.keys() | list) ~ '.'
                ) -%}
            {%- elif attribute in given[:loop.index0] -%}
                {%- do read.errors.append(at ~ "'" ~ attribute ~ "' stands there twice.") -%}
            {%- else -%}
                {%- do read.attributes.append(attribute) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
