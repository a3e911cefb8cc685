import aws_cdk as cdk, pytest, json
from aws_cdk import aws_s3 as s3, aws_iam as iam, aws_kms as kms
from cdk_lookout import equipment as e
from tests.e2e.conftest import PLANT
D=cdk.RemovalPolicy.DESTROY
def test_labels(lookout_cloud, trained):
    cloud=lookout_cloud
    def make():
        app=cdk.App(); st=cdk.Stack(app,'Labelled',env=cdk.Environment(account=PLANT,region='us-east-1'))
        b=s3.Bucket(st,'B',removal_policy=D)
        src=e.Dataset.from_dataset_arn(st,'S',trained.dataset_arn)
        m=e.Model.from_model_arn(st,'M',trained.model_arn)
        ds=e.Dataset(st,'Pumps',source=e.DatasetSource.imported(src),removal_policy=D)
        w=e.Model(st,'Wear',source=e.ModelSource.imported(m.version(1),dataset=ds,labels=e.LabelsInput.from_bucket(b,'labels/')),removal_policy=D)
        cdk.Tags.of(st).add('team','x y')
        ds.grant_import(iam.AccountPrincipal('333333333333'))
        w.grant_import(iam.AccountPrincipal('333333333333'),inference_data=False)
        w.version(1).grant_import(iam.AccountPrincipal('333333333333'))
        cdk.CfnOutput(st,'Arn',value=w.version(1).model_version_arn)
        cdk.CfnOutput(st,'Job',value=ds.job_id)
        cdk.CfnOutput(st,'Size',value=ds.ingested_data_size)
        return st
    print(cloud.deploy(make()))
    c=cloud.client('lookoutequipment',account=PLANT)
    [name]=[x['ModelName'] for x in c.list_models()['ModelSummaries'] if x['ModelName'].startswith('Labelled')]
    d=c.describe_model(ModelName=name); print(d['LabelsInputConfiguration'], d['RoleArn'], c.list_tags_for_resource(ResourceArn=d['ModelArn'])['Tags'])
    print(c.describe_resource_policy(ResourceArn=d['ModelArn'])['ResourcePolicy'])
    cloud.destroy(make())
    print(c.list_models()['ModelSummaries'], c.list_datasets()['DatasetSummaries'])
